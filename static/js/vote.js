// Votes of this phone. A tap shows at once, waits on the phone while the server is away, and goes out once.
import { Away, call } from "./api.js";
import { afterPaint } from "./frame.js";
import { announce, isolated, text } from "./page.js";
import { forgetVotes, Waiting } from "./shelf.js";

const LONGEST = 3_000;

export class Votes extends EventTarget {
  #queue = new Map(); // id → wanted: true to vote, false to take it back
  #from = new Map(); // id → {votes, revision} when it was tapped
  #notes = new Map(); // id → why it was refused
  #sending = false;
  #tries = 0;
  #timer = 0;
  #notBefore = 0; // whatever is tapped meanwhile
  #busy = false;
  counted = 0; // answers of the server: what was asked before one of them knows less
  #late = false; // what waits may be of whoever had this phone before

  constructor({ slug, attendee, state, voted }) {
    super();
    this.address = (id) => `/api/v1/jams/${slug}/songs/${id}/vote`;
    this.me = `/api/v1/jams/${slug}/me`;
    this.kept = new Waiting(slug, attendee);
    Object.assign(this, { slug, attendee, state });
    this.voted = new Set(voted);
    this.#restore();
    for (const name of ["online", "pageshow", "focus"]) addEventListener(name, () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  get waiting() {
    return this.#queue.size;
  }

  get away() {
    return this.#tries > 0;
  }

  // The server answers, but this phone has said too much at once.
  get busy() {
    return this.#busy;
  }

  wants(id) {
    return this.#queue.get(id) ?? this.voted.has(id);
  }

  // How a song stands for this phone: {voted, state, votes, note}.
  of(song) {
    const pending = this.#queue.has(song.id);
    const voted = this.wants(song.id);
    const note = this.#notes.get(song.id);
    const state = note ? "refused" : pending ? "pending" : voted ? "voted" : "idle";
    return { voted, state, note, votes: pending ? this.#guess(song, voted) : song.votes };
  }

  // What is shown until the server has counted: ours on top, unless the server's number has it already.
  #guess(song, voted) {
    if (song.votes === null || this.voted.has(song.id) === voted) return song.votes;
    const before = this.#from.get(song.id)?.votes ?? song.votes;
    return voted ? Math.max(song.votes, before + 1) : Math.max(0, Math.min(song.votes, before - 1));
  }

  tap(id) {
    const wanted = !this.wants(id);
    this.#notes.delete(id);
    this.#queue.set(id, wanted);
    this.#from.set(id, { votes: this.state.songs.get(id)?.votes ?? null });
    this.kept.put(id, wanted);
    this.#tell(id);
    afterPaint(() => this.flush());
  }

  // Another tab, or the host, may have changed what counts.
  settle(voted) {
    this.voted = new Set(voted);
    this.#tell();
  }

  async flush() {
    if (!navigator.onLine) this.#late = true;
    if (this.#sending || !this.#queue.size || !navigator.onLine || Date.now() < this.#notBefore) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      if (this.#late) await this.#whose();
      while (this.#queue.size) await this.#send(...this.#queue.entries().next().value);
      this.#tries = 0;
      this.#busy = false;
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#tries += 1;
      this.#late = true;
      this.#busy = error.busy;
      if (error.busy) this.#notBefore = Date.now() + error.after;
      const delay = Math.max(error.after, Math.min(LONGEST, 500 * 2 ** this.#tries) * (0.5 + Math.random() / 2));
      this.#timer = setTimeout(() => {
        this.#notBefore = 0;
        this.flush();
      }, delay);
    } finally {
      this.#sending = false;
      this.#tell();
    }
  }

  async #send(id, wanted) {
    const song = this.state.songs.get(id);
    const title = isolated(song?.title ?? "");
    try {
      const tally = await call(wanted ? "PUT" : "DELETE", this.address(id));
      this.#tries = 0;
      this.counted += 1;
      this.voted[tally.voted ? "add" : "delete"](id);
      if (song) this.state.merge({ songs: [{ id, votes: tally.votes, revision: tally.revision }] });
      announce(text(tally.voted ? "counted" : "taken_back", { title }));
    } catch (error) {
      if (error instanceof Away) throw error;
      this.#notes.set(id, error.message);
      announce(error.message);
      this.dispatchEvent(new CustomEvent("refused", { detail: error }));
    }
    // A later tap on the same song stays in the queue.
    if (this.#queue.get(id) === wanted) this.#queue.delete(id);
    this.#from.delete(id);
    this.kept.drop(id, wanted);
    this.#tell(id);
  }

  // What an earlier page could not send. A tap on this one is newer.
  async #restore() {
    const kept = await this.kept.all();
    if (!kept?.size) return;
    this.#late = true;
    this.#queue = new Map([...kept, ...this.#queue]);
    this.#tell();
    this.flush();
  }

  // Only the server knows who holds this phone now.
  async #whose() {
    const me = await call("GET", this.me).catch((error) => {
      if (error instanceof Away) throw error;
      return {};
    });
    this.#late = false;
    if (me.id === this.attendee) return;
    this.#queue.clear();
    await forgetVotes(this.slug);
    this.dispatchEvent(new Event("somebody-else"));
  }

  #tell(id) {
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }
}
