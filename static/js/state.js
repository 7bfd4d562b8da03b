// What is known of a jam. Rows merge by their own revision, so frames and snapshots may come in any order.
const FACTS = ["status", "voting", "suggestions", "voting_closes_at", "counts", "more_songs"];

export class JamState extends EventTarget {
  songs = new Map();
  slots = new Map(); // what frames tell of them, and what was learned
  lineUps = new Map(); // how far they are, by song
  facts = {};
  loaded = false;
  #told = 0;
  #newer;

  // A host knows counts that the room may not: a frame for the room does not take them away.
  constructor({ keepsCounts = false } = {}) {
    super();
    this.keepsCounts = keepsCounts;
    this.#newer = (known, row) => {
      if (known && row.revision < known.revision) return known;
      const merged = { ...known, ...row };
      if (keepsCounts && row.votes === null && known) merged.votes = known.votes;
      if (keepsCounts && row.votes === null && known) merged.counted_at = known.counted_at;
      return merged;
    };
  }

  // The whole state: what it does not name is gone.
  replace(snapshot) {
    const rows = [...(snapshot.songs ?? []), ...(snapshot.now_playing ? [snapshot.now_playing] : [])];
    const known = this.songs;
    this.songs = new Map(rows.map((row) => [row.id, this.#newer(known.get(row.id), row)]));
    Object.assign(this.facts, snapshot);
    delete this.facts.songs;
    this.loaded = true;
    this.#tell();
  }

  // As `replace` takes it.
  get board() {
    return { ...this.facts, now_playing: null, songs: [...this.songs.values()] };
  }

  // A frame carries only what changed. Answers false when it speaks of a row that was never seen whole.
  merge(frame) {
    const rows = [...(frame.songs ?? []), ...(frame.now_playing ? [frame.now_playing] : [])];
    let whole = true;
    for (const row of rows) {
      const known = this.songs.get(row.id);
      if (!known && row.title === undefined) whole &&= row.status === "removed";
      else this.songs.set(row.id, this.#newer(known, row));
    }
    if (frame.slots) this.learn(frame.slots);
    if (frame.top) this.#only(frame.top);
    if (frame.line_ups) this.takeLineUps(frame.line_ups);
    for (const fact of ["present", "people"]) if (fact in frame) this.facts[fact] = frame[fact];
    if ((frame.jam_revision ?? -1) >= (this.facts.jam_revision ?? 0)) {
      this.facts.jam_revision = frame.jam_revision;
      for (const fact of FACTS) if (fact in frame) this.facts[fact] = frame[fact];
    }
    this.#tell();
    return whole;
  }

  // The set list is numbered anew around a song that was moved, as the server does: the frame that says so may come later.
  moved({ id, revision }, place) {
    const song = this.songs.get(id);
    if (song?.revision !== revision) return; // moved again since
    const queue = this.queue.filter((other) => other.id !== id);
    queue.splice(place, 0, song);
    queue.forEach((other, before) => this.songs.set(other.id, { ...other, position: before + 1 }));
    this.#tell();
  }

  learn(slots) {
    for (const slot of slots) this.slots.set(slot.id, this.#newer(this.slots.get(slot.id), slot));
    this.#tell();
  }

  slotsOf(song) {
    const slots = [...this.slots.values()].filter((slot) => slot.jam_song === song && !slot.removed);
    return slots.sort((a, b) => a.id - b.id);
  }

  takeLineUps(rows) {
    for (const row of rows) if (!(this.lineUps.get(row.id)?.revision > row.revision)) this.lineUps.set(row.id, row);
    this.#tell();
  }

  // Counts are shown of these only: another song's, if it was among them, is not known any more.
  #only(top) {
    for (const song of this.songs.values()) {
      const known = this.keepsCounts || song.status !== "open" || song.votes === null || top.includes(song.id);
      if (!known) this.songs.set(song.id, { ...song, votes: null, counted_at: null });
    }
  }

  with(status) {
    return [...this.songs.values()].filter((song) => song.status === status);
  }

  get playing() {
    return this.with("playing")[0] ?? null;
  }

  get queue() {
    return this.with("queued").sort((a, b) => a.position - b.position || a.id - b.id);
  }

  get ranking() {
    return this.with("open").sort(byRank);
  }

  get played() {
    return this.with("played").sort((a, b) => compare(b.ended_at ?? "", a.ended_at ?? "") || a.id - b.id);
  }

  // Several changes in one go are told once.
  #tell() {
    if (this.#told) return;
    this.#told = setTimeout(() => {
      this.#told = 0;
      this.dispatchEvent(new Event("change"));
    });
  }
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// Pinned, then votes, then the earlier change of the count, then id: the server's order.
export const byRank = (a, b) =>
  b.pinned - a.pinned ||
  (b.votes ?? -1) - (a.votes ?? -1) ||
  compare(a.counted_at ?? "", b.counted_at ?? "") ||
  a.id - b.id;
