// Suggest: search while typing. What is in the jam already is jumped to, and gets the vote.
import { Away, call, read } from "./api.js";
import { all, announce, data, find, fromTemplate, isolated, setText, text } from "./page.js";
import { playedAt } from "./me.js";

const PAUSE = 200;
const MOST = 6;
const plain = (value) => value.normalize("NFKD").replace(/\p{M}|['’]/gu, "").toLowerCase();
const keyOf = ({ title, artist }) => `${plain(title)}|${plain(artist)}`;

export class Suggest {
  #asked = 0;
  #timer = 0;
  #looked = ""; // what was looked for last; what is typed on from it counts in its place

  constructor({ slug, state, votes, me, jump }) {
    Object.assign(this, { slug, state, votes, me, jump });
    this.form = find("[data-find]");
    this.own = find("[data-own]");
    this.hits = find("[data-hits]");
    this.told = find("[data-suggest-told]");
    if (!this.form) return;
    this.input = find("input[type=search]", this.form);
    this.input.addEventListener("input", () => this.#soon());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#look();
    });
    this.form.addEventListener("keydown", (event) => this.#walk(event));
    this.hits.addEventListener("keydown", (event) => this.#walk(event));
    this.hits.addEventListener("click", (event) => this.#choose(event));
    this.own?.addEventListener("submit", (event) => this.#writeIn(event));
    this.near = find("[data-near]");
    this.insist = find("[data-insist]", this.near);
    this.near.addEventListener("click", (event) => this.#choose(event));
    this.insist.addEventListener("submit", (event) => this.#writeIn(event));
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #look() {
    clearTimeout(this.#timer);
    const wanted = this.input.value.trim();
    const asked = ++this.#asked;
    if (wanted.length < 2) {
      this.#show([], wanted);
      return;
    }
    try {
      const query = { search: wanted, page_size: MOST, after: this.#looked, venue: data.venue };
      this.#looked = wanted;
      const { body } = await read(`/api/v1/songs?${new URLSearchParams(query)}`);
      if (asked === this.#asked) this.#show(body.results, wanted);
    } catch (error) {
      if (asked === this.#asked) this.#tell(error.message, true);
    }
  }

  #show(songs, wanted) {
    const known = new Map([...this.state.songs.values()].filter(shown).map((song) => [keyOf(song), song]));
    const here = wanted.length < 2 ? [] : [...known.values()].filter((song) => matches(song, wanted)).slice(0, 3);
    const there = songs.filter((song) => !here.some((other) => keyOf(other) === keyOf(song)));
    const rows = [
      ...here.map((song) => this.#rowOf(song, song)),
      ...there.map((song) => this.#rowOf(song, known.get(keyOf(song)))),
    ];
    this.hits.replaceChildren(...rows);
    this.hits.hidden = !rows.length;
    const none = wanted.length > 1 && !rows.length;
    this.#tell(none ? text("none_found") : "");
    if (none && this.own) {
      this.own.closest("details").open = true;
      const title = find("[name=title]", this.own);
      if (!title.value || title.dataset.guess) Object.assign(title, { value: wanted }).dataset.guess = "1";
    }
    if (wanted.length > 1 && rows.length) announce(text("found", { count: rows.length }));
  }

  #rowOf(song, here) {
    const row = fromTemplate("hit-row");
    const button = find(".hit", row);
    setText(find("[data-title]", row), song.title);
    const [fact, deed] = this.#offer(song, here);
    setText(find("small bdi", row), fact);
    setText(find(".hit-do", row), deed);
    button.disabled = !here && data.banned.includes(song.id);
    if (!here) button.value = song.id;
    else if (here.status === "open") button.dataset.jump = here.id;
    else button.disabled = true;
    return row;
  }

  #offer(song, here) {
    if (!here) return [song.artist, text(data.banned.includes(song.id) ? "banned" : "suggest")];
    if (here.status === "playing") return [song.artist, text("now_playing")];
    if (here.status === "queued") return [song.artist, text("in_set_list")];
    if (here.status === "played") return [song.artist, playedAt(here)];
    const place = this.state.ranking.findIndex((other) => other.id === here.id) + 1;
    const fact = here.votes === null ? text("in_jam") : text("in_jam_at", { place });
    return [fact, text(this.votes.wants(here.id) ? "voted" : "idle")];
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.input.focus();
    if (!step) return;
    const stops = [this.input, ...all(".hit:enabled", this.hits)];
    const place = stops.indexOf(document.activeElement);
    if (place < 0) return;
    event.preventDefault();
    stops[Math.min(stops.length - 1, Math.max(0, place + step))].focus();
  }

  #choose(event) {
    const button = event.target.closest(".hit");
    if (!button) return;
    event.preventDefault();
    const id = Number(button.dataset.jump);
    if (id) {
      if (!this.votes.wants(id)) this.votes.tap(id);
      this.near.hidden = true;
      this.jump(id);
      return;
    }
    const form = this.near.contains(button) ? this.insist : button.form;
    this.#send({ song: Number(button.value), ...playing(form) }, find("[data-title]", button).textContent);
  }

  #writeIn(event) {
    event.preventDefault();
    const form = event.target;
    const { title, artist, insist } = Object.fromEntries(new FormData(form));
    this.#send({ title, artist, ...(insist && { insist: true }), ...playing(form) }, title);
  }

  // What they wrote may be known under another name: they choose, or say that it is not.
  #ask(near, { title, artist, instrument = "" }) {
    const rows = near.map((song) => this.#rowOf({ ...song, id: song.song }, this.state.songs.get(song.jam_song)));
    find("[data-near-hits]", this.near).replaceChildren(...rows);
    for (const [name, value] of Object.entries({ title, artist, instrument })) this.insist.elements[name].value = value;
    setText(find("[data-near-mine]", this.near), isolated(title));
    this.#tell("");
    this.near.hidden = false;
    find("[data-near-asked]", this.near).focus();
  }

  async #send(body, title) {
    this.#tell(text("pending"));
    this.near.hidden = true;
    try {
      const made = await call("POST", `/api/v1/jams/${this.slug}/songs`, { ...body, found_by: this.#looked });
      this.#looked = "";
      if (made.status !== "pending") this.votes.settle([...this.votes.voted, made.id]);
      if (made.title && made.revision) this.state.merge({ songs: [made] });
      this.input.value = "";
      this.own?.reset();
      this.#show([], "");
      const told = text(made.status === "pending" ? "sent_to_host" : "suggested", { title: isolated(title) });
      this.#tell(body.instrument ? `${told} ${text("signed_up")}` : told);
      this.me.refresh();
    } catch (error) {
      if (error.code === "near_song") {
        this.#ask(error.more.near, body);
        return;
      }
      this.#tell(error instanceof Away && !error.busy ? text("not_sent") : error.message, true);
      if (error.more?.jam_song) this.jump(error.more.jam_song); // it is there, to vote for
    }
  }

  #tell(message, wrong = false) {
    this.told.hidden = !message;
    this.told.classList.toggle("line-danger", wrong);
    setText(find("span", this.told), message);
    if (message) announce(message);
  }
}

// What they would play in it: they are signed up for it, too.
function playing(form) {
  const instrument = form.elements.instrument?.value;
  return instrument ? { instrument } : {};
}

const shown = (song) => ["open", "queued", "playing", "played"].includes(song.status);

function matches(song, wanted) {
  const known = plain(`${song.title} ${song.artist}`);
  return plain(wanted).split(/\s+/).every((word) => known.includes(word));
}
