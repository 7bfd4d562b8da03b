// Adds songs of the library while typing; a pasted list goes as a plain form.
import { data, find, isolated, text } from "./page.js";
import { Search } from "./search.js";
import { tell } from "./act.js";

export function addSongs(actions, state) {
  async function add(id, title) {
    const body = { song: id, found_by: search.looked };
    const made = await actions.send("POST", `/api/v1/jams/${data.slug}/songs`, body);
    if (!made) return;
    search.looked = "";
    tell(text("done_add", { title: isolated(title) }));
  }

  function offer({ songs = [] }) {
    find("[data-add-hits]")?.remove(); // what the server found for a form
    const here = new Set([...state.songs.values()].filter((song) => song.status !== "removed").map((song) => song.song));
    const options = songs.map(({ id, title, artist }) => {
      const why = here.has(id) ? "in_jam" : data.banned.includes(id) ? "banned" : "";
      return { title, more: artist, deed: text(why || "add"), disabled: Boolean(why), choose: () => add(id, title) };
    });
    return [{ options }];
  }

  const search = new Search(find("#add [data-search]"), { offer, most: 8, stays: true });
}
