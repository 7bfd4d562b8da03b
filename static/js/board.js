// The ranking: counts and levels at once, places when nobody touches.
import { all, find, lengthOf, setIcon, setText, text } from "./page.js";
import { Rows } from "./rows.js";

const ICONS = { idle: "pick", pending: "pick-wait", voted: "pick-check", refused: "pick-no" };

export class Board {
  // `mine(song)` answers {voted, state, votes, note} for this phone; pages without votes leave it out. `lineUp` paints studs: see studs.js.
  constructor(list, { most = Infinity, mine = null, voting = () => "closed", lineUp = null } = {}) {
    Object.assign(this, { most, mine, voting, lineUp, top: 1, painted: new WeakMap() });
    this.rows = new Rows(list, {
      template: "song-row",
      paint: (row, song) => this.#paint(row, song),
      settled: (row, song, place) => setText(find("[data-rank]", row), song.votes === null ? "·" : place + 1),
    });
  }

  show(ranking) {
    const shown = ranking.slice(0, this.most);
    this.top = Math.max(1, ...shown.map((song) => song.votes ?? 0));
    this.rows.show(shown);
  }

  row(id) {
    return this.rows.get(id);
  }

  // One song, at once. One that the server wrote has a vote only, until its state has come.
  repaint(song) {
    const row = this.row(song.id);
    if (!row) return;
    if (song.title === undefined) this.#paintVote(row, song, this.mine(song));
    else this.#paint(row, song);
  }

  // A song as the server wrote it, while its state has not come yet.
  written(id) {
    const count = find("[data-votes]", this.row(id));
    return { id, votes: !count || count.hidden ? null : Number(count.textContent) };
  }

  // A row is written only when something of it has changed.
  #paint(row, song) {
    const own = this.mine?.(song) ?? { state: "idle", votes: song.votes };
    this.#paintLevel(row, song);
    const now = [song, this.voting(), own.voted, own.state, own.votes, own.note, this.lineUp?.of(song.id)];
    const before = this.painted.get(row);
    if (before && now.every((value, place) => value === before[place])) return;
    this.painted.set(row, now);
    for (const part of all("[data-title]", row)) setText(part, song.title);
    for (const part of all("[data-artist]", row)) setText(part, song.artist);
    for (const part of all("[data-pinned]", row)) part.hidden = !song.pinned;
    const facts = {
      key: song.key,
      tempo: song.tempo && text("bpm", { tempo: song.tempo }),
      length: song.duration && lengthOf(song.duration),
    };
    for (const part of all("[data-fact]", row)) {
      const value = facts[part.dataset.fact];
      part.hidden = !value;
      setText(find("[data-value]", part), value || "");
    }
    for (const part of all("[data-bare]", row)) part.hidden = Object.values(facts).some(Boolean);
    this.lineUp?.paint(row, song);
    this.#paintVote(row, song, own);
  }

  // Against the highest count, which changes more often than the rows do.
  #paintLevel(row, { votes }) {
    const level = find(".level", row);
    if (!level) return;
    if (level.hidden !== (votes === null)) level.hidden = votes === null;
    if (level.max !== this.top) level.max = this.top;
    if (level.value !== (votes ?? 0)) level.value = votes ?? 0;
  }

  #paintVote(row, song, own) {
    for (const part of all("[data-votes]", row)) {
      part.hidden = own.votes === null;
      setText(part, own.votes ?? "");
    }
    for (const part of all("[data-votes-word]", row)) setText(part, own.votes === null ? "" : text("votes_word", { count: own.votes }));
    const button = find(".vote", row);
    if (!button) return;
    const voting = this.voting();
    const word = voting !== "open" && own.state === "idle" ? voting : own.state;
    button.classList.toggle("vote-bare", own.votes === null);
    button.dataset.state = own.state;
    button.value = this.mine ? Number(!own.voted) : song.id; // a visitor's tap joins, with the song to vote for
    button.disabled = voting !== "open";
    setIcon(find(".icon", button), ICONS[own.state]);
    setText(find(".vote-word", button), text(word));
    row.classList.toggle("is-mine", Boolean(own.voted));
    this.#paintNote(row, button, own.note);
  }

  #paintNote(row, button, reason) {
    const note = find(".song-note", row);
    note.hidden = !reason;
    setText(find("span", note), reason ?? "");
    if (reason) button.setAttribute("aria-describedby", note.id);
    else button.removeAttribute("aria-describedby");
  }
}
