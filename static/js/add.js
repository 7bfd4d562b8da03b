// Adds songs of the library while typing; a pasted list goes as a plain form.
import { Away, read } from "./api.js";
import { announce, data, find, fromTemplate, isolated, setText, text } from "./page.js";
import { tell } from "./act.js";

const PAUSE = 200;

export function addSongs(actions, state) {
  const form = find("[data-add-find]");
  const input = find("input", form);
  const hits = find("[data-add-hits]");
  const told = find("[data-add-told]");
  let timer = 0;
  let asked = 0;
  let looked = ""; // what was looked for last; what is typed on from it counts in its place

  const say = (message) => {
    told.hidden = !message;
    setText(find("span", told), message);
  };

  async function look() {
    const mine = ++asked;
    const wanted = input.value.trim();
    if (wanted.length < 2) {
      hits.hidden = true;
      return;
    }
    try {
      const query = { search: wanted, page_size: 8, after: looked, venue: data.venue };
      looked = wanted;
      const { body } = await read(`/api/v1/songs?${new URLSearchParams(query)}`);
      if (mine === asked) show(body.results);
    } catch (error) {
      if (mine === asked) say(error instanceof Away && !error.busy ? text("not_done") : error.message);
    }
  }

  function show(songs) {
    const here = new Set([...state.songs.values()].filter((song) => song.status !== "removed").map((song) => song.song));
    hits.replaceChildren(...songs.map((song) => rowOf(song, here.has(song.id))));
    hits.hidden = !songs.length;
    say(songs.length ? "" : text("none_found"));
    if (songs.length) announce(text("found", { count: songs.length }));
  }

  function rowOf(song, here) {
    const row = fromTemplate("hit-row");
    setText(find("[data-title]", row), song.title);
    setText(find("[data-artist]", row), song.artist);
    const banned = data.banned.includes(song.id);
    setText(find(".hit-do", row), text(here ? "in_jam" : banned ? "banned" : "add"));
    const button = find(".hit", row);
    button.value = song.id;
    button.disabled = here || banned;
    return row;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  hits.addEventListener("click", async (event) => {
    const button = event.target.closest(".hit");
    if (!button) return;
    event.preventDefault();
    const body = { song: Number(button.value), found_by: looked };
    const made = await actions.send("POST", `/api/v1/jams/${data.slug}/songs`, body, button);
    if (!made) return;
    looked = "";
    button.disabled = true;
    setText(find(".hit-do", button), text("in_jam"));
    tell(text("done_add", { title: isolated(find("[data-title]", button).textContent) }));
  });
}
