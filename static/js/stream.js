// Follows a jam: socket first, then the snapshot, then the frames newer than it. Always says what it does.
import { read, Refused } from "./api.js";

const SILENCE = 50_000; // the server speaks at least every 20 s
const POLL = 5_000;
const POLLING = 3; // failures to connect
const LONGEST = 30_000;
const RESTART = 5_000;
const DAY = 86_400_000;
const KEPT = 100; // frames that a snapshot may be older than

export class Stream extends EventTarget {
  phase = "connecting"; // live, reconnecting, polling, offline, gone
  revision = 0;
  offset = 0; // the server's clock minus ours, in milliseconds
  seen = 0; // when what is shown was true, by the server's clock
  #socket = null;
  #failures = 0;
  #recent = [];
  #wanted = 0;
  #reading = false;
  #again = false;
  #timers = {};

  constructor(slug, state) {
    super();
    this.slug = slug;
    this.state = state;
    state.addEventListener("change", () => this.#awaitClosing());
  }

  start() {
    addEventListener("online", () => this.#connect());
    addEventListener("offline", () => this.#drop("offline"));
    addEventListener("pagehide", () => this.#drop("connecting"));
    addEventListener("pageshow", (event) => event.persisted && this.#connect());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.phase !== "live" && this.phase !== "gone") this.#connect();
    });
    if (navigator.onLine) this.#connect();
    else this.#enter("offline");
  }

  // The whole state, soon; one request at a time.
  async refresh(since = this.#wanted) {
    this.#wanted = Math.max(this.#wanted, since);
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      const query = this.#wanted ? `?since=${this.#wanted}` : "";
      const { body, at } = await read(`/api/v1/jams/${this.slug}/snapshot${query}`);
      this.#take(body, at);
    } catch (error) {
      if (error instanceof Refused) this.#drop("gone");
      else if (this.#open) {
        this.#enter("reconnecting"); // what is shown may be old
        this.#after("refresh", jitter(4_000, 1_000), () => this.refresh());
      }
    } finally {
      this.#reading = false;
    }
    if (this.#again) {
      this.#again = false;
      this.refresh();
    }
  }

  get #open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #take(snapshot, at) {
    this.offset = (at || Date.parse(snapshot.now)) - Date.now();
    this.seen = Date.now() + this.offset;
    this.state.replace(snapshot);
    const newer = this.#recent.filter((frame) => frame.revision > snapshot.revision);
    for (const frame of newer) this.state.merge(frame);
    this.revision = Math.max(snapshot.revision, ...newer.map((frame) => frame.revision));
    if (snapshot.revision && this.revision < this.#wanted) this.#after("refresh", 1_000, () => this.refresh());
    if (this.#open) {
      this.#failures = 0;
      clearTimeout(this.#timers.poll);
      this.#enter("live");
    }
    this.dispatchEvent(new Event("snapshot"));
  }

  #connect() {
    this.#drop(this.phase === "live" || this.phase === "offline" ? "reconnecting" : this.phase);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/jams/${this.slug}`);
    this.#socket = socket;
    this.#recent = [];
    socket.onopen = () => this.#heard();
    let greeted = false;
    socket.onmessage = (event) => {
      this.#heard();
      const frame = JSON.parse(event.data);
      // From its first frame on the socket misses nothing, and that one tells what a snapshot may be too old for.
      if (!greeted) this.refresh(frame.since);
      greeted = true;
      this.#receive(frame);
    };
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
  }

  #receive(frame) {
    const behind = Object.keys(frame).length === 1 && frame.revision > this.revision;
    if (frame.refetch || (behind && this.state.loaded)) {
      this.#wanted = Math.max(this.#wanted, frame.revision);
      this.#after("refresh", jitter(1_000), () => this.refresh());
    }
    for (const name of ["desk", "me", "slots"]) if (frame[name]) this.dispatchEvent(new Event(name));
    if (frame.revision && !frame.refetch && !behind) {
      this.#recent = [...this.#recent.slice(1 - KEPT), frame];
      this.revision = Math.max(this.revision, frame.revision);
    }
    if (this.state.loaded && !this.state.merge(frame)) {
      this.#after("refresh", jitter(2_000, 500), () => this.refresh(frame.revision));
    }
  }

  // Nobody announces that a closing time has come: the page looks when it is due.
  #awaitClosing() {
    const wait = Date.parse(this.state.facts.voting_closes_at ?? "") - Date.now() - this.offset;
    if (wait > 0 && wait < DAY) this.#after("closing", wait + jitter(1_000, 50), () => this.refresh());
  }

  #heard() {
    this.#after("silence", SILENCE, () => this.#lost());
  }

  #lost(code) {
    if (code === 4404) {
      this.#drop("gone");
      return;
    }
    // Somebody left, or is a host no longer.
    if (code === 4403) for (const name of ["desk", "me"]) this.dispatchEvent(new Event(name));
    // Where no socket can be had for now, the page polls at once.
    this.#failures = Math.max(this.#failures + 1, code === 1013 ? POLLING : 0);
    // A server that restarts loses all its sockets at once, and gets them back one after the other.
    const spread = code === 1012 ? RESTART : Math.min(LONGEST, 1_000 * 2 ** this.#failures);
    const delay = jitter(spread, 500);
    this.#drop(this.#failures >= POLLING ? "polling" : "reconnecting");
    this.#after("connect", delay, () => this.#connect());
    if (this.phase === "polling") this.#after("poll", jitter(POLL), () => this.#poll());
  }

  #poll() {
    if (!document.hidden) this.refresh();
    this.#after("poll", jitter(POLL / 2, POLL / 2), () => this.#poll());
  }

  // Lets go of the socket and of all that was planned.
  #drop(phase) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const name of ["silence", "connect", "refresh"]) clearTimeout(this.#timers[name]);
    if (phase !== "polling") clearTimeout(this.#timers.poll);
    this.#enter(phase);
  }

  #enter(phase) {
    if (phase === this.phase) return;
    if (this.phase === "live") this.seen = Date.now() + this.offset;
    this.phase = phase;
    this.dispatchEvent(new Event("phase"));
  }

  #after(name, delay, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(act, delay);
  }
}

const jitter = (spread, least = 0) => least + Math.random() * spread;
