// The console: set list, candidates, requests and people follow along; actions answer at once.
import { Actions, askFirst, tell } from "./act.js";
import { addSongs } from "./add.js";
import { now, startClock } from "./clock.js";
import { tellConnection } from "./connection.js";
import { Desk } from "./desk.js";
import { Fragment, watchDoor } from "./fragment.js";
import { showLines, showNow } from "./now.js";
import { all, clockOf, data, find, isolated, lengthOf, setText, text } from "./page.js";
import { Rows } from "./rows.js";
import { SetList } from "./setlist.js";
import { Side } from "./side.js";
import { JamState } from "./state.js";
import { Stream } from "./stream.js";

const STEPS = { open: "open", start: "live", "last-call": "last_call", ended: "ended" };
const FROM = { open: ["draft"], start: ["open", "last_call"], "last-call": ["live"], ended: ["open", "live", "last_call"] };

const state = new JamState({ keepsCounts: true });
const stream = new Stream(data.slug, state);
const actions = new Actions(state, stream);
const desk = new Desk(state);
const setList = new SetList(state, stream, actions, show);
const side = new Side(actions, state, stream);
const queue = new Rows(find("[data-queue-rows]"), { template: "q-row", paint: paintQueued, settled: placeQueued });
const candidates = new Rows(find("[data-cand-rows]"), { template: "cand-row", paint: paintCandidate });

function paintQueued(row, song) {
  for (const part of all("[data-title]", row)) setText(part, song.title);
  setText(find("[data-artist]", row), song.artist);
  setText(find("[data-count]", row), song.votes === null ? "" : text("votes", { count: song.votes }));
  setText(find("[data-key-of]", row), song.key);
  setText(find("[data-length]", row), song.duration ? lengthOf(song.duration) : "");
  setList.paintQueued(row, song);
}

// At the ends one of the two arrows is dead: focus goes to the other.
function placeQueued(row, song, place) {
  setText(find("[data-place]", row), place + 1);
  const [up, down] = [find("[data-up]", row), find("[data-down]", row)];
  const focused = document.activeElement;
  up.value = Math.max(0, place - 1);
  down.value = place + 1;
  up.disabled = place === 0;
  down.disabled = place === state.queue.length - 1;
  if (focused === up && up.disabled) down.focus();
  if (focused === down && down.disabled) up.focus();
}

function paintCandidate(row, song) {
  for (const part of all("[data-title]", row)) setText(part, song.title);
  setText(find("[data-artist]", row), song.artist);
  setText(find("[data-votes]", row), song.votes ?? "·");
  setText(find("[data-votes-word]", row), song.votes === null ? "" : text("votes_word", { count: song.votes }));
  for (const part of all("[data-pinned]", row)) part.hidden = !song.pinned;
  for (const part of all("[data-when-pinned]", row)) part.hidden = String(song.pinned) !== part.dataset.whenPinned;
  setList.paintCandidate(row, song);
}

function show() {
  if (!state.loaded) return;
  const { facts } = state;
  for (const step of all("[data-step]")) {
    const name = step.dataset.step;
    const allowed = FROM[name].includes(facts.status);
    if (step.tagName === "A") {
      step.setAttribute("aria-disabled", !allowed);
      if (facts.status === STEPS[name]) step.setAttribute("aria-current", "step");
    } else {
      step.disabled = !allowed;
      step.setAttribute("aria-pressed", facts.status === STEPS[name]);
    }
  }
  const over = facts.status === "ended";
  find("[data-console]").classList.toggle("is-over", over);
  find("[data-over]").hidden = !over;
  for (const button of all("[data-draft]")) button.hidden = facts.status !== "draft";
  showPauses(facts);
  setText(find("[data-present]"), facts.people ?? 0);
  setText(find("[data-live]"), "present" in facts ? text("connected", { count: facts.present }) : text("live"));
  for (const strip of all("[data-now]")) showNow(strip, state);
  showStart(state.playing, state.queue[0]);
  queue.show(state.queue);
  candidates.show(setList.candidates(state.ranking));
  setList.follow();
  find("[data-queue-none]").hidden = state.queue.length > 0;
  find("[data-cand-none]").hidden = state.ranking.length > 0;
  for (const lines of all("[data-played]")) showLines(lines, state.played, (song) => (song.ended_at ? clockOf(song.ended_at) : ""));
}

function showPauses(facts) {
  for (const button of all("[data-pause]")) {
    const paused = facts[button.dataset.pause] === "paused";
    if (facts[button.dataset.pause] === "closed") continue;
    button.value = paused ? 0 : 1;
    button.setAttribute("aria-pressed", paused);
    find("[data-on]", button).hidden = !paused;
    find("[data-off]", button).hidden = paused;
  }
}

function showStart(playing, next) {
  const start = find("[data-start]");
  start.hidden = state.facts.status === "draft";
  start.disabled = !next;
  setText(find("[data-start-title]", start), next ? text("start_next", { title: isolated(next.title) }) : text("start_none"));
  const also = find("[data-start-also]", start);
  also.hidden = !next || !playing;
  setText(also, playing ? text("and_played", { title: isolated(playing.title) }) : "");
  for (const button of all("button[data-playing]")) {
    button.hidden = !playing;
    if (playing) button.setAttribute("formaction", button.getAttribute("formaction").replace(/songs\/\d+/, `songs/${playing.id}`));
  }
}

async function confirmed(link) {
  if (link.dataset.confirm === "end") {
    if (await actions.send("POST", `/api/v1/jams/${data.slug}/end`)) tell(text("done_end"));
    return;
  }
  const person = link.closest("[data-key]");
  side.sheet.close(); // what it is about goes
  if (await actions.send("DELETE", `/api/v1/jams/${data.slug}/attendees/${person.dataset.key}`)) {
    tell(text("done_person", { name: isolated(find("[data-name]", person).textContent) }), false, "remove_attendee");
    side.look();
  }
}

function choose(event) {
  const tab = event.target.closest("[data-side]");
  if (!tab) return;
  event.preventDefault();
  for (const other of all("[data-side]")) {
    if (other === tab) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  for (const panel of all("[data-panel]")) panel.hidden = panel.dataset.panel !== tab.dataset.side;
  side.people.show();
}

// People who vote alike: not with every vote, since hosts need not hear of them within the second.
const clusters = new Fragment(find("[data-clusters]"), { changed: showClusters });
let clustersSoon = 0;

function lookForClusters() {
  clustersSoon ||= setTimeout(() => {
    clustersSoon = 0;
    clusters.look();
  }, 10_000);
}

function showClusters() {
  const count = Number(find("[data-count]", clusters.part)?.dataset.count ?? 0);
  const badge = find("[data-clustered]");
  badge.hidden = count === 0;
  setText(badge, count);
}

for (const part of all("[data-needs-script]")) part.hidden = false;
find(".col-side .tabs").addEventListener("click", choose);
askFirst(find("[data-dialog]"), confirmed);
addSongs(actions, state);
state.addEventListener("change", show);
state.addEventListener("change", lookForClusters);
watchDoor(find("[data-door]"));
stream.addEventListener("desk", () => desk.soon());
stream.addEventListener("snapshot", () => desk.soon());
stream.addEventListener("phase", () => (find("[data-signal]").hidden = stream.phase !== "live"));
setInterval(() => setText(find("[data-clock]"), clockOf(now())), 1000);
tellConnection(find("[data-connection]"), stream);
startClock(stream);
stream.start();
