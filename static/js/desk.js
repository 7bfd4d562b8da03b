// What only hosts see: suggestions that wait, counts that are hidden. Line-up and people: side.js.
import { call } from "./api.js";
import { all, data, find, isolated, setText, text } from "./page.js";
import { Rows } from "./rows.js";

const PAUSE = 1500; // between two looks, however many people come at once

export class Desk {
  #timer = 0;
  #last = 0;

  constructor(state) {
    this.state = state;
    this.asks = new Rows(find("[data-ask-rows]"), { template: "ask-row", paint: paintAsk });
    state.merge({ songs: data.songs });
  }

  soon() {
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.look(), Math.max(0, this.#last + PAUSE - Date.now()));
  }

  async look() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#last = Date.now();
    const desk = await call("GET", `/api/v1/jams/${data.slug}/desk`).catch(() => null);
    if (!desk) return;
    this.state.merge({ songs: desk.songs });
    this.asks.show(desk.pending);
    find("[data-ask-none]").hidden = desk.pending.length > 0;
    for (const badge of all("[data-asks]")) {
      badge.hidden = !desk.pending.length;
      setText(badge, desk.pending.length);
    }
  }
}

function paintAsk(row, song) {
  for (const part of all("[data-title]", row)) setText(part, song.title);
  setText(find("[data-artist]", row), song.artist);
  setText(find("[data-from]", row), song.suggested_by ? text("from", { name: isolated(song.suggested_by) }) : "");
}
