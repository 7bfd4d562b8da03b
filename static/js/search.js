// A box that finds while one types: an editable combobox with a list (WAI-ARIA APG). Focus stays in the box; a tap, or the
// arrows and Enter, choose. Without this the box is a form.
import { Away, read } from "./api.js";
import { data, find, setText, text } from "./page.js";

const PAUSE = 150;
const SLOW = 600; // milliseconds, after which it says what it waits for
const LONGEST = 15_000;

export class Search {
  #asked = null; // what is under way: an older one is stopped, and never answers over a newer one
  #timer = 0;
  #found = {};
  #wanted = ""; // what was found for
  #options = [];
  #active = -1;
  looked = ""; // what was looked for last: what is typed on from it counts in its place, and what is chosen by it

  // `offer(found, wanted)` answers groups of options: [{ label, options: [{ title, more, deed, disabled, choose }] }].
  // It is asked for what the page knows by itself too, before anything is `found`. `none(wanted)`: there was nothing.
  constructor(box, { offer, none = () => {}, most = 6, stays = false }) {
    Object.assign(this, { box, offer, none, most, kinds: box.dataset.search });
    this.input = find("input", box);
    this.list = find("[role=listbox]", box);
    this.said = find("[role=status]", box);
    const combobox = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(combobox)) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.#soon());
    this.input.addEventListener("click", () => this.#again());
    this.input.addEventListener("keydown", (event) => event.isComposing || this.#key(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // focus stays
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.#choose(this.#options.find((option) => option.row === row));
    });
    this.input.addEventListener("blur", () => this.close());
    if (!stays) return;
    this.input.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#look();
    });
  }

  clear() {
    this.input.value = "";
    this.#look();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
  }

  get #open() {
    return !this.list.hidden;
  }

  #soon() {
    this.#activate(-1);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #look() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const wanted = this.input.value.trim();
    const asked = (this.#asked = new AbortController());
    this.#say("");
    if (!wanted) {
      this.#found = {};
      return this.close();
    }
    if (!this.#open) this.#show({}, wanted);
    if (!navigator.onLine) return this.#say(text("search_offline"), true);
    const timers = [setTimeout(() => this.#say(text("searching"), true), SLOW), setTimeout(() => asked.abort(), LONGEST)];
    try {
      const query = new URLSearchParams({ q: wanted, kinds: this.kinds, limit: this.most, after: this.looked });
      if (data.venue) query.set("venue", data.venue);
      this.looked = wanted;
      const { body } = await read(`/api/v1/search?${query}`, { signal: asked.signal, cache: "default" });
      if (asked === this.#asked) this.#answer(body, wanted);
    } catch (error) {
      if (asked === this.#asked) this.#say(error instanceof Away && !error.busy ? text("search_away") : error.message, true);
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  #answer(found, wanted) {
    const count = this.#show(found, wanted);
    if (count) this.#say(text("found", { count }));
    else {
      this.#say(text("none_found"), true);
      this.none(wanted);
    }
  }

  #show(found, wanted) {
    const held = this.#options[this.#active];
    const groups = this.offer(found, wanted).filter(({ options }) => options.length);
    [this.#found, this.#wanted, this.#options] = [found, wanted, groups.flatMap(({ options }) => options)];
    this.#options.forEach((option, place) => this.#draw(option, place));
    this.list.replaceChildren(...groups.flatMap((group) => (group.label ? grouped(group) : group.options.map(({ row }) => row))));
    if (!this.#options.length) this.close();
    else this.#unfold();
    // Who is at one already stays there.
    this.#activate(held ? this.#options.findIndex(({ title, more }) => title === held.title && more === held.more) : -1);
    return this.#options.length;
  }

  #draw(option, place) {
    const row = find("template", this.box).content.firstElementChild.cloneNode(true);
    row.id = `${this.input.id}-${place}`;
    setText(find("[data-title]", row), option.title);
    setText(find("[data-more]", row), option.more ?? "");
    setText(find("[data-deed]", row), option.deed ?? "");
    if (option.disabled) row.setAttribute("aria-disabled", "true");
    option.row = row;
  }

  #unfold() {
    if (this.#open || document.activeElement !== this.input) return;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.list.scrollIntoView({ block: "nearest" });
  }

  // What was found for the same words is offered anew: the page may know more by now.
  #again() {
    const wanted = this.input.value.trim();
    if (this.#open || !wanted) return;
    if (wanted === this.#wanted) this.#show(this.#found, wanted);
    else this.#look();
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!this.#open) this.#again();
      else if (event.altKey) this.close();
      else this.#step(step);
    } else if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault();
      this.#choose(this.#options[this.#active]);
    } else if (event.key === "Escape" && this.input.value) {
      event.preventDefault();
      if (this.#open) this.close();
      else this.clear();
    } else if (["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key)) this.#activate(-1);
  }

  // The box itself stands between the last option and the first.
  #step(step) {
    const stops = this.#options.length + 1;
    this.#activate(((this.#active + 1 + step + stops) % stops) - 1);
  }

  #activate(place) {
    this.#options[this.#active]?.row.setAttribute("aria-selected", "false");
    this.#active = place;
    const row = this.#options[place]?.row;
    if (!row) return this.input.removeAttribute("aria-activedescendant");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.id);
  }

  #choose(option) {
    if (!option || option.disabled) return;
    this.close();
    option.choose();
  }

  // How many there are stands there to see, and is said; what went wrong is both.
  #say(message, shown = false) {
    this.said.classList.toggle("vh", !shown);
    setText(this.said, message);
  }
}

function grouped({ label, options }) {
  const [group, head] = [document.createElement("div"), document.createElement("div")];
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  head.setAttribute("aria-hidden", "true");
  head.className = "hits-head";
  head.textContent = label;
  group.append(head, ...options.map(({ row }) => row));
  return group;
}
