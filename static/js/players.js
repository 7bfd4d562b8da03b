// Who plays what is on and what comes next: names that stand on slots. Songs are asked for once, frames tell the rest.
import { read } from "./api.js";
import { all, find, instrument } from "./page.js";

export class Players {
  #asked = new Set();
  #known = new Set();
  #first = {}; // the songs that the page was written with

  constructor(slug, state, stream) {
    Object.assign(this, { slug, state });
    // What was told while the line was down is asked for anew.
    stream.addEventListener("snapshot", () => {
      this.#asked.clear();
      this.#ask();
    });
    state.addEventListener("change", () => this.#ask());
  }

  show() {
    const of = { now: this.state.playing, next: this.state.queue[0] };
    for (const spot of all("[data-players]")) {
      const song = of[spot.dataset.players];
      const written = (this.#first[spot.dataset.players] ??= song?.id ?? 0) === song?.id;
      if (!written || this.#known.has(song.id)) write(spot, song ? this.state.slotsOf(song.id) : []);
    }
  }

  async #ask() {
    const songs = [this.state.playing, this.state.queue[0]].filter((song) => song && !this.#asked.has(song.id));
    for (const { id } of songs) {
      this.#asked.add(id);
      const known = this.state.slotsOf(id);
      try {
        const { body } = await read(`/api/v1/jams/${this.slug}/slots?jam_song=${id}&page_size=100`);
        const there = new Set(body.results.map((slot) => slot.id));
        for (const slot of known) if (!there.has(slot.id)) this.state.slots.delete(slot.id);
        this.#known.add(id);
        this.state.learn(body.results);
      } catch {
        this.#asked.delete(id);
      }
    }
  }
}

function write(spot, slots) {
  const held = slots.filter((slot) => slot.holder);
  const sign = JSON.stringify(held.map((slot) => [slot.holder, slot.instrument]));
  if (spot.dataset.sign === sign) return;
  spot.dataset.sign = sign;
  spot.hidden = !held.length;
  spot.replaceChildren(
    ...held.map((slot) => {
      const player = document.createElement("span");
      player.append(isolate(slot.holder), " ", document.createElement("small"));
      find("small", player).append(isolate(instrument(slot.instrument)));
      return player;
    }),
  );
}

function isolate(name) {
  const part = document.createElement("bdi");
  part.textContent = name;
  return part;
}
