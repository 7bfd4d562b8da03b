// The overlay of a stream: what plays, what comes next, the first few. Nothing on it can be touched.
import { all, data, find } from "./page.js";
import { Board } from "./board.js";
import { startClock } from "./clock.js";
import { showNext, showNow } from "./now.js";
import { Players } from "./players.js";
import { JamState } from "./state.js";
import { Stream } from "./stream.js";

const state = new JamState();
const stream = new Stream(data.slug, state);
const players = new Players(data.slug, state, stream);
const top = find("[data-top]");
const board = top && new Board(find("[data-board]", top), { most: data.most });

function show() {
  if (state.facts.status !== data.status && [state.facts.status, data.status].includes("ended")) return location.reload();
  for (const strip of all("[data-now]")) showNow(strip, state);
  for (const next of all("[data-next]")) showNext(next, state.queue[0]);
  players.show();
  if (!top) return;
  const counted = state.ranking.filter((song) => song.votes !== null);
  top.hidden = !counted.length;
  board.show(counted);
}

state.addEventListener("change", show);
startClock(stream);
stream.start();
