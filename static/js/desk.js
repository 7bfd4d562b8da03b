// What only hosts see: suggestions that wait, people in the room, counts that are hidden.
import { call } from "./api.js";
import { all, clockOf, data, find, isolated, setText, text } from "./page.js";
import { Rows } from "./rows.js";

const PAUSE = 1500; // between two looks, however many people come at once

export class Desk {
  people = [];
  #timer = 0;
  #last = 0;

  constructor(state) {
    this.state = state;
    this.asks = new Rows(find("[data-ask-rows]"), { template: "ask-row", paint: paintAsk });
    this.persons = new Rows(find("[data-person-rows]"), { template: "person-row", paint: paintPerson });
    this.search = find("[data-find-person]");
    this.search.addEventListener("input", () => this.showPeople());
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
    this.people = desk.attendees;
    this.showPeople();
  }

  showPeople() {
    const wanted = this.search.value.trim().toLowerCase();
    this.persons.show(this.people.filter((person) => person.display_name.toLowerCase().includes(wanted)));
    find("[data-person-none]").hidden = this.people.length > 0;
  }
}

function paintAsk(row, song) {
  for (const part of all("[data-title]", row)) setText(part, song.title);
  setText(find("[data-artist]", row), song.artist);
  setText(find("[data-from]", row), song.suggested_by ? text("from", { name: isolated(song.suggested_by) }) : "");
}

function paintPerson(row, person) {
  for (const part of all("[data-name]", row)) setText(part, person.display_name);
  setText(find("[data-state]", row), text(`state_${person.state}`));
  setText(find("[data-since]", row), clockOf(person.created_at));
  const link = find("a[data-confirm]", row);
  link.href = link.href.replace("/people/0/", `/people/${person.id}/`);
  link.dataset.title = text("remove_who", { name: isolated(person.display_name) });
  link.dataset.name = person.display_name;
}
