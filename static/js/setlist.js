// The set list: when each song can be expected, why it stands there, who is missing; filling and arranging it.
import { tell } from "./act.js";
import { call } from "./api.js";
import { now } from "./clock.js";
import { all, clockOf, data, drawStuds, find, setIcon, setText, text } from "./page.js";

const ADDRESS = `/api/v1/jams/${data.slug}/setlist`;
const AT_ONCE = 100; // milliseconds: the changes of one action come together
const SOON = 1_500; // after a sign-up
const SOMETIME = 10_000; // after votes, which move what still fits
const LOOK = 30_000;

export class SetList {
  #plans = new Map(); // what the server says of each song
  #due = Infinity;
  #queued = "";
  #votes = "";

  // `changed`: rows are to be painted anew.
  constructor(state, stream, actions, changed) {
    Object.assign(this, { state, actions, changed });
    this.playable = find("[data-playable]");
    this.form = find("[data-fill]");
    for (const part of all("[data-without-script]")) part.hidden = true;
    this.playable.addEventListener("change", () => this.#keepChoice());
    this.form.addEventListener("submit", (event) => this.#fill(event));
    document.addEventListener("keydown", (event) => steer(event));
    stream.addEventListener("slots", () => this.#soon(SOON));
    setInterval(() => this.#tick(), 1_000);
    this.#soon(AT_ONCE);
  }

  // Called with every change of the board.
  follow() {
    const queued = JSON.stringify(this.state.queue.map((song) => [song.id, song.locked]));
    const votes = JSON.stringify(this.state.ranking.map((song) => [song.id, song.votes]));
    if (queued !== this.#queued) this.#soon(AT_ONCE);
    else if (votes !== this.#votes) this.#soon(SOMETIME);
    [this.#queued, this.#votes] = [queued, votes];
    this.#showTimes();
  }

  candidates(songs) {
    return this.playable.checked ? songs.filter(({ id }) => isPlayable(this.#plans.get(id))) : songs;
  }

  paintQueued(row, song) {
    const lock = find("[data-lock]", row);
    const act = song.locked ? "unlock" : "lock";
    lock.dataset.act = act;
    lock.setAttribute("formaction", lock.getAttribute("formaction").replace(/\w+$/, act));
    lock.setAttribute("aria-pressed", Boolean(song.locked));
    setIcon(find(".icon", lock), song.locked ? "lock" : "unlock");
    const plan = this.#plans.get(song.id);
    if (!plan) return;
    paintStuds(row, plan);
    const known = plan.status === "queued" ? plan.reasons : []; // others were for another place
    const reasons = known.slice(0, data.most_reasons).filter((reason) => reason.code !== "votes");
    setText(find("[data-why]", row), reasons.map((reason) => reason.text).join(" · "));
  }

  paintCandidate(row, song) {
    const plan = this.#plans.get(song.id);
    if (!plan) return;
    paintStuds(row, plan);
    setText(find("[data-late]", row), plan.reason?.text ?? "");
    row.classList.toggle("is-late", Boolean(plan.reason));
  }

  // As apps/stage/setlist.py reckons, from what the board knows: right also while the line is down.
  #showTimes() {
    const { playing, queue } = this.state;
    let at = Math.max(now(), Date.parse(data.starts_at));
    if (playing?.started_at) at = Math.max(at, Date.parse(playing.started_at) + takes(playing));
    const closing = clockOf(data.ends_at);
    for (const song of queue) {
      const row = find(`[data-queue-rows] > [data-key="${song.id}"]`);
      if (row) setText(find("[data-at]", row), clockOf(at));
      at += takes(song);
    }
    const ends = queue.length ? text("ends", { time: clockOf(at - data.changeover * 1000), closing }) : text("closing", { closing });
    setText(find("[data-ends]"), ends);
  }

  #soon(delay) {
    this.#due = Math.min(this.#due, Date.now() + delay);
    if (delay < 1_000) setTimeout(() => this.#tick(), delay);
  }

  #tick() {
    if (document.hidden || !this.state.loaded) return;
    this.#showTimes();
    if (Date.now() >= this.#due) this.#look();
  }

  async #look() {
    this.#due = Date.now() + LOOK;
    const query = `algorithm=${data.plan_shown}&playable_only=${this.playable.checked}`;
    const plan = await call("GET", `${ADDRESS}?${query}`).catch(() => null);
    if (!plan) return;
    this.#plans = new Map([...plan.songs, ...plan.left_out].map((song) => [song.id, song]));
    this.changed();
  }

  async #fill(event) {
    event.preventDefault();
    const button = event.submitter;
    if (button.getAttribute("aria-busy") === "true") return;
    const arranges = button.value === "arrange";
    const body = { algorithm: new FormData(this.form).get("algorithm") };
    if (!arranges) body.playable_only = this.playable.checked;
    const done = await this.actions.send("POST", arranges ? `${ADDRESS}/arrange` : ADDRESS, body, button);
    if (!done) return;
    if (!done.changed) tell(text("put_off"));
    else if (done.changed.length) tell(text(`done_${button.value}`), false, button.value);
    else tell(text(`none_${button.value}`));
  }

  #keepChoice() {
    const address = new URL(location);
    if (this.playable.checked) address.searchParams.set("playable", "1");
    else address.searchParams.delete("playable");
    history.replaceState(null, "", address);
    this.#soon(AT_ONCE);
    this.changed();
  }
}

const takes = (song) => ((song.duration || data.supposed) + data.changeover) * 1000;
const isPlayable = (plan) => !plan || plan.filled === plan.required;

function paintStuds(row, { filled, required }) {
  const studs = find("[data-studs]", row);
  studs.setAttribute("aria-label", text("line_up", { filled, required }));
  drawStuds(studs, required, filled, filled === required);
}

// On a song: Alt and an arrow move it, an arrow alone goes to its neighbour, L locks it. Focus stays on the song.
function steer(event) {
  const row = event.target.closest?.("[data-queue-rows] > *, [data-cand-rows] > *");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  if (step && event.altKey) press(event, find(event.key === "ArrowUp" ? "[data-up]" : "[data-down]", row));
  else if (step) goTo(event, row[step]);
  else if (!event.altKey && event.key.toLowerCase() === "l") press(event, find("[data-lock]", row));
}

function press(event, button) {
  if (!button) return;
  event.preventDefault();
  button.click();
}

// To the same control of the neighbour, or to the nearest that can be pressed.
function goTo(event, row) {
  if (!row) return;
  event.preventDefault();
  const place = all("button, summary, a", event.target.closest("[data-key]")).indexOf(event.target);
  const same = all("button, summary, a", row)[place];
  (same && !same.disabled ? same : find("button:enabled", row))?.focus();
}
