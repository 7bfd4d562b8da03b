// What is this phone's own: the votes that are out, the picks left, the suggestions.
import { call } from "./api.js";
import { all, clockOf, find, setIcon, setText, text } from "./page.js";
import { Rows } from "./rows.js";

export class Me {
  constructor({ slug, state, votes, most }) {
    Object.assign(this, { address: `/api/v1/jams/${slug}/me`, state, votes, most });
    this.list = find("[data-mine]");
    if (this.list) this.rows = new Rows(this.list, { template: "mine-row", paint: (row, song) => this.#paint(row, song) });
    this.list?.addEventListener("click", (event) => {
      const button = event.target.closest("[data-take]");
      if (!button) return;
      event.preventDefault();
      this.votes.tap(Number(button.dataset.take));
    });
  }

  // Asks the server what counts, after a connection came back or something was refused.
  async refresh() {
    try {
      const before = this.votes.counted;
      const me = await call("GET", this.address);
      if (before !== this.votes.counted) return this.refresh();
      this.votes.settle(me.votes);
      this.suggestions(me.suggestions_left);
    } catch (error) {
      // Removed, or left in another tab: the page says which.
      // A form that is on its way, to leave perhaps, comes first.
      if (error.status === 401 || error.status === 403) setTimeout(() => location.reload(), 1_000);
    }
  }

  suggestions(left) {
    const spot = find("[data-suggestions-left]");
    if (spot && Number.isInteger(left)) setText(spot, text("suggestions_left", { count: left }));
  }

  show() {
    this.#showPicks();
    if (!this.list) return;
    const places = new Map(this.state.ranking.map((song, place) => [song.id, place + 1]));
    const mine = [...this.state.songs.values()].filter((song) => this.votes.wants(song.id) && OUT.has(song.status));
    mine.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0) || a.id - b.id);
    find("[data-mine-none]").hidden = mine.length > 0;
    this.rows.show(mine.map((song) => ({ ...song, fact: this.#fact(song, places.get(song.id)) })));
  }

  #paint(row, song) {
    for (const part of all("[data-title]", row)) setText(part, song.title);
    setText(find("small", row), song.fact);
    setIcon(find(".icon", row), this.votes.of(song).state === "pending" ? "pick-wait" : "pick-check");
    const button = find("[data-take]", row);
    button.dataset.take = song.id;
    button.hidden = song.status !== "open" || this.state.facts.voting !== "open";
  }

  #fact(song, place) {
    if (this.votes.of(song).state === "pending") return text("pending");
    if (song.status === "queued") return text("in_set_list");
    if (song.status === "playing") return text("now_playing");
    return song.votes === null ? text("voted") : text("place", { place });
  }

  #showPicks() {
    const spot = find("[data-picks]");
    if (!spot || !this.most) return;
    const out = [...this.state.songs.values()].filter((s) => OUT.has(s.status) && this.votes.wants(s.id)).length;
    const picks = all(".icon", spot);
    picks.forEach((icon, place) => setIcon(icon, place < out ? "pick-in" : "pick"));
    if (picks.length) spot.setAttribute("aria-label", text("picks_out", { count: this.most, out }));
    setText(find("[data-picks-left]"), text("picks_left", { count: Math.max(0, this.most - out) }));
  }
}

const OUT = new Set(["open", "queued", "playing"]);

export const playedAt = (song) => (song.ended_at ? text("played_at", { time: clockOf(song.ended_at) }) : "");
