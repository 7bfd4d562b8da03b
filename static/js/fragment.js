// A part of the page that the server draws anew: fetched, and put in where it has changed.
import { all, find } from "./page.js";
import { now } from "./clock.js";
import { whenCalm } from "./move.js";

export class Fragment {
  #shown = null;
  #asked = 0;

  // `calm`: what stands there does not move under a finger.
  constructor(part, { gone = () => {}, changed = () => {}, calm = false } = {}) {
    Object.assign(this, { part, gone, changed, calm });
  }

  // Answers the status: 0 where the server does not answer.
  async look() {
    const mine = ++this.#asked;
    const address = new URL(this.part.dataset.fragment, location.href).href;
    const { status, url, body } = await drawnAt(address);
    if (status === 403) this.gone(); // whoever could see it no longer may
    if (status !== 200 || url !== address || !body) return status === 200 ? 403 : status;
    if (mine !== this.#asked) return status; // a later look says more
    if (this.calm) whenCalm(this.part, () => this.#put(body));
    else this.#put(body);
    return status;
  }

  // What has the focus keeps it, and what was unfolded or scrolled stays so, by their ids.
  #put(body) {
    const drawn = body.innerHTML;
    if (drawn === this.#shown) return;
    this.#shown = drawn;
    const focused = this.part.contains(document.activeElement) && document.activeElement.id;
    const unfolded = all("details[open][id]", this.part).map((part) => part.id);
    const scrolled = all(".scroll[id]", this.part).map((part) => [part.id, part.scrollLeft]);
    this.part.replaceChildren(...body.childNodes);
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left });
    if (focused) (document.getElementById(focused) ?? this.part.closest("[tabindex]"))?.focus({ preventScroll: true });
    this.changed();
  }
}

// The browser itself reads it as a page: a script that made markup from text would be stopped (Trusted Types).
export function drawnAt(address, form = null) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(form ? "POST" : "GET", address);
    request.responseType = "document";
    request.timeout = 15_000;
    request.setRequestHeader("Accept", "text/html");
    request.onloadend = () => resolve({ status: request.status, url: request.responseURL, body: request.response?.body });
    request.send(form);
  });
}

// The door: looked at every few seconds, and when its room code has run out.
const LOOK = 10_000;

export function watchDoor(part) {
  if (!part) return;
  const door = new Fragment(part, { gone: () => location.reload(), changed: tick });
  let next = Date.now() + LOOK;

  function tick() {
    const room = find("[data-good-until]", part);
    const left = room ? (Date.parse(room.dataset.goodUntil) - now()) / 1000 : Infinity;
    for (const bar of all("progress", part)) {
      bar.hidden = false;
      bar.value = Math.max(0, Math.min(60, left));
    }
    if (Date.now() < next && left > 0) return;
    next = Date.now() + (left > 0 ? LOOK : 2000);
    door.look();
  }

  setInterval(tick, 1000);
  tick();
}
