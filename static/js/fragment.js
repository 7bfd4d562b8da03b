// A part of the page that the server draws anew: fetched, and put in where it has changed.
import { all, find } from "./page.js";
import { now } from "./clock.js";

export class Fragment {
  #shown = null;

  constructor(part, { gone = () => {}, changed = () => {} } = {}) {
    Object.assign(this, { part, gone, changed });
  }

  async look() {
    const options = { headers: { Accept: "text/html" }, credentials: "same-origin", signal: AbortSignal.timeout?.(15000) };
    const response = await fetch(this.part.dataset.fragment, options).catch(() => null);
    if (response?.status === 403) return this.gone(); // whoever could see it no longer may
    if (!response?.ok || response.redirected) return;
    const drawn = await response.text();
    if (drawn === this.#shown) return;
    this.#shown = drawn;
    this.part.replaceChildren(...new DOMParser().parseFromString(drawn, "text/html").body.childNodes);
    this.changed();
  }
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
