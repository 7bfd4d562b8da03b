// Suggest: what the box finds comes into the jam. What is there already is jumped to, and gets the vote.
import { Away, call } from "./api.js";
import { announce, data, find, fromTemplate, isolated, setText, text } from "./page.js";
import { playedAt } from "./me.js";
import { Search } from "./search.js";

const HERE = 3; // songs of the jam that come before those of the library
const plain = (value) => value.normalize("NFKD").replace(/\p{M}|['’]/gu, "").toLowerCase();

export class Suggest {
  constructor({ slug, state, votes, me, jump }) {
    Object.assign(this, { slug, state, votes, me, jump });
    const box = find("#suggest [data-search]");
    if (!box) return;
    this.own = find("[data-own]");
    this.told = find("[data-suggest-told]");
    this.form = find("#suggest-form");
    this.search = new Search(box, {
      offer: (found, wanted) => this.#offer(found, wanted),
      none: (wanted) => this.#guess(wanted),
      stays: true,
    });
    this.own?.addEventListener("submit", (event) => this.#writeIn(event));
    this.near = find("[data-near]");
    this.insist = find("[data-insist]", this.near);
    this.insist.addEventListener("submit", (event) => this.#writeIn(event));
  }

  #offer({ songs = [] }, wanted) {
    find("[data-hits]")?.remove(); // what the server found for a form
    const known = new Map([...this.state.songs.values()].filter(shown).map((song) => [song.song, song]));
    const here = [...known.values()].filter((song) => matches(song, wanted)).slice(0, HERE);
    const there = songs.filter((song) => !here.includes(known.get(song.id)));
    const options = [...here.map((song) => this.#here(song)), ...there.map((song) => this.#option(song, known.get(song.id)))];
    return [{ options }];
  }

  #option(song, here) {
    if (here) return this.#here(here);
    const banned = data.banned.includes(song.id);
    const { id, title, artist } = song;
    const choose = () => this.#send({ song: id, ...playing(this.form) }, title);
    return { title, more: artist, deed: text(banned ? "banned" : "suggest"), disabled: banned, choose };
  }

  #here(song) {
    const { id, title, artist, status } = song;
    if (status !== "open") return { title, more: artist, deed: WHERE[status](song), disabled: true };
    const place = this.state.ranking.findIndex((other) => other.id === id) + 1;
    const choose = () => {
      if (!this.votes.wants(id)) this.votes.tap(id);
      this.near.hidden = true;
      this.jump(id);
    };
    const more = song.votes === null ? text("in_jam") : text("in_jam_at", { place });
    return { title, more, deed: text(this.votes.wants(id) ? "voted" : "idle"), choose };
  }

  // What is not in the library can be written in: most of it stands there already.
  #guess(wanted) {
    if (!this.own) return;
    this.own.closest("details").open = true;
    const title = find("[name=title]", this.own);
    if (!title.value || title.dataset.guess) Object.assign(title, { value: wanted }).dataset.guess = "1";
  }

  #writeIn(event) {
    event.preventDefault();
    const form = event.target;
    const { title, artist, insist } = Object.fromEntries(new FormData(form));
    this.#send({ title, artist, ...(insist && { insist: true }), ...playing(form) }, title);
  }

  // What they wrote may be known under another name: they choose, or say that it is not.
  #ask(near, { title, artist, instrument = "" }) {
    const rows = near.map((song) => this.#nearRow({ ...song, id: song.song }, this.state.songs.get(song.jam_song)));
    find("[data-near-hits]", this.near).replaceChildren(...rows);
    for (const [name, value] of Object.entries({ title, artist, instrument })) this.insist.elements[name].value = value;
    setText(find("[data-near-mine]", this.near), isolated(title));
    this.#tell("");
    this.near.hidden = false;
    find("[data-near-asked]", this.near).focus();
  }

  #nearRow(song, here) {
    const option = this.#option(song, here);
    const row = fromTemplate("near-row");
    const button = find(".hit", row);
    setText(find("[data-title]", row), option.title);
    setText(find("small bdi", row), option.more);
    setText(find(".hit-do", row), option.deed);
    button.disabled = Boolean(option.disabled);
    button.addEventListener("click", option.choose);
    return row;
  }

  async #send(body, title) {
    this.#tell(text("pending"));
    this.near.hidden = true;
    try {
      const made = await call("POST", `/api/v1/jams/${this.slug}/songs`, { ...body, found_by: this.search.looked });
      this.search.looked = "";
      if (made.status !== "pending") this.votes.settle([...this.votes.voted, made.id]);
      if (made.title && made.revision) this.state.merge({ songs: [made] });
      this.own?.reset();
      this.search.clear();
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

const WHERE = { playing: () => text("now_playing"), queued: () => text("in_set_list"), played: playedAt };
const shown = ({ status }) => status === "open" || status in WHERE;

// Every word begins one of the title or the artist, as in the library.
function matches(song, wanted) {
  const known = plain(` ${song.title} ${song.artist}`);
  return plain(wanted).split(/\s+/).every((word) => known.includes(` ${word}`));
}
