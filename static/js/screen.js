// The big screen: the ranking moves, the strip runs, and a button makes it stand still.
import { all, data, find, setIcon, setText, text } from "./page.js";
import { Board } from "./board.js";
import { startClock } from "./clock.js";
import { tellConnection } from "./connection.js";
import { watchDoor } from "./fragment.js";
import { showNext, showNow } from "./now.js";
import { Players } from "./players.js";
import { hideAtRest } from "./rest.js";
import { JamState } from "./state.js";
import { Stream } from "./stream.js";

const state = new JamState();
const stream = new Stream(data.slug, state);
const players = new Players(data.slug, state, stream);
const list = find("[data-board]");
const board = list && new Board(list, { most: data.most });
const pause = find("[data-pause]");
let still = false;

function show() {
  const { facts, ranking } = state;
  if (facts.status !== data.status && [facts.status, data.status].includes("ended")) return location.reload();
  if (still) return;
  setText(find("[data-present]"), text("here", { count: facts.people ?? 0 }));
  const there = [...state.songs.values()].filter((song) => song.status !== "removed"); // with their last counts
  const votes = there.reduce((sum, song) => sum + (song.votes ?? 0), 0);
  setText(find("[data-votes-cast]"), facts.counts === "live" ? text("votes_cast", { count: votes }) : "");
  for (const strip of all("[data-now]")) showNow(strip, state);
  for (const next of all("[data-next]")) showNext(next, facts.status === "ended" ? null : state.queue[0]);
  players.show();
  for (const line of all("[data-voting]")) line.hidden = line.dataset.voting !== facts.voting;
  for (const none of all("[data-none]")) none.hidden = ranking.length > 0;
  board?.show(ranking);
}

pause?.addEventListener("click", () => {
  still = !still;
  pause.setAttribute("aria-pressed", still);
  setIcon(find(".icon", pause), still ? "play" : "pause");
  setText(find("span", pause), text(still ? "go_on" : "pause"));
  show();
});
if (pause) pause.hidden = false;
find("[data-themes]").hidden = false;
hideAtRest();

state.addEventListener("change", show);
tellConnection(find("[data-connection]"), stream);
startClock(stream);
watchDoor(find("[data-fragment]"));
stream.start();
