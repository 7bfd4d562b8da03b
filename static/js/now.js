// The lit strip: what is playing, or what the room waits for. And what comes after it.
import { all, find, fromTemplate, lengthOf, setText, text } from "./page.js";
import { tick } from "./clock.js";

export function showNow(strip, state) {
  const song = state.playing;
  const status = state.facts.status;
  setText(find("[data-now-label]", strip), song ? text("now_playing") : text(`label_${status}`));
  setText(find("[data-now-title]", strip), song ? song.title : text(`title_${status}`));
  setText(find("[data-now-artist]", strip), song ? song.artist : text(`by_${status}`));
  find(".lamp", strip).classList.toggle("lamp-on", Boolean(song));
  strip.dataset.started = song?.started_at ?? "";
  strip.dataset.duration = song?.duration ?? "";
  for (const part of all("[data-now-time]", strip)) part.hidden = !song?.started_at;
  for (const part of all("[data-whole]", strip)) {
    part.hidden = !song?.duration;
    setText(part, song?.duration ? text("of_length", { whole: lengthOf(song.duration) }) : "");
  }
  // Without a song the label says it.
  for (const part of all("[data-last-call]", strip)) part.hidden = !song || status !== "last_call";
  for (const part of all(".through", strip)) part.hidden = !song?.duration || !song?.started_at;
  for (const part of all("[data-doors]", strip)) part.hidden = Boolean(song) || status !== "open";
  tick();
}

export function showNext(line, song) {
  line.hidden = !song;
  if (!song) return;
  setText(find("[data-title]", line), song.title);
  setText(find("[data-artist]", line), song.artist);
}

// A short list of songs, each with a small fact before it: its place, or when it was played.
export function showLines(list, songs, fact) {
  const box = list.closest("[data-lines]");
  if (box) box.hidden = !songs.length;
  for (const part of all("[data-lines-count]", box ?? list)) setText(part, songs.length);
  const sign = JSON.stringify(songs.map((song) => [song.id, fact(song)]));
  if (list.dataset.sign === sign) return;
  list.dataset.sign = sign;
  list.replaceChildren(
    ...songs.map((song) => {
      const row = fromTemplate("line-row");
      setText(find("[data-line-fact]", row), fact(song));
      for (const part of all("[data-title]", row)) setText(part, song.title);
      setText(find("[data-artist]", row), song.artist);
      if ("key" in row.dataset) row.dataset.key = song.id;
      for (const part of all("[formaction]", row)) {
        part.setAttribute("formaction", part.getAttribute("formaction").replace("/0/", `/${song.id}/`));
      }
      return row;
    }),
  );
}
