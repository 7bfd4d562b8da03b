// The phone page: wires the parts to what the page carries.
import { all, clockOf, data, find, setText, text } from "./page.js";
import { Board } from "./board.js";
import { startClock } from "./clock.js";
import { tellConnection } from "./connection.js";
import { Me } from "./me.js";
import { oncePerFrame } from "./frame.js";
import { keepForLater } from "./install.js";
import { showLines, showNext, showNow } from "./now.js";
import { Notices } from "./notify.js";
import { JamState } from "./state.js";
import { forgetVotes } from "./shelf.js";
import { Stream } from "./stream.js";
import { keepLast } from "./last.js";
import { LineUps } from "./studs.js";
import { Suggest } from "./suggest.js";
import { Votes } from "./vote.js";

const state = new JamState();
const stream = new Stream(data.slug, state);
const votes = data.attendee && new Votes({ slug: data.slug, attendee: data.attendee, state, voted: data.voted });
const list = find("[data-board]");
const board = list && new Board(list, { mine: votes && ((song) => votes.of(song)), voting: () => state.facts.voting ?? data.voting, lineUp: new LineUps(data.slug, state, stream) });
const me = votes && new Me({ slug: data.slug, state, votes, most: data.max_votes });

// Written by the server and never replaced.
const PARTS = ["pill", "voting", "counts", "suggesting", "now", "next", "queue", "played", "none", "more"];
const parts = Object.fromEntries(PARTS.map((name) => [name, all(`[data-${name}]`)]));
const present = find("[data-present]");

function show() {
  const { facts } = state;
  if (facts.status !== data.status && (facts.status === "ended" || data.status === "ended")) return turnPage();
  setText(present, text("here", { count: facts.people ?? 0 }));
  for (const pill of parts.pill) pill.hidden = pill.dataset.pill !== facts.status;
  for (const line of parts.voting) line.hidden = line.dataset.voting !== facts.voting || facts.status === "draft";
  for (const line of parts.counts) line.hidden = line.dataset.counts !== facts.counts;
  for (const part of parts.suggesting) part.hidden = part.dataset.suggesting !== facts.suggestions;
  for (const strip of parts.now) showNow(strip, state);
  for (const line of parts.next) showNext(line, state.queue[0]);
  for (const lines of parts.queue) showLines(lines, state.queue.slice(1), (song) => String(song.position));
  for (const lines of parts.played) showLines(lines, state.played, (song) => (song.ended_at ? clockOf(song.ended_at) : ""));
  const { ranking } = state;
  board?.show(ranking);
  for (const none of parts.none) none.hidden = ranking.length > 0;
  for (const more of parts.more) {
    more.hidden = !facts.more_songs;
    setText(more, text("more_songs", { count: facts.more_songs ?? 0 }));
  }
  me?.show();
}

const showSoon = oncePerFrame(show);

// The end of the night is another page; phones ask for it one after the other.
let turning = false;
function turnPage() {
  if (turning) return;
  turning = true;
  setTimeout(() => location.reload(), Math.random() * 4000);
}

function jump(id) {
  const row = board.row(id);
  if (!row) return;
  row.scrollIntoView({ block: "center" });
  find(".vote", row)?.focus({ preventScroll: true });
}

if (votes) {
  const line = find("[data-connection]");
  const tell = tellConnection(line, stream, { waiting: () => votes.waiting, away: () => votes.away, busy: () => votes.busy });
  votes.addEventListener("change", ({ detail }) => {
    if (board?.row(detail)) board.repaint(state.songs.get(detail) ?? board.written(detail));
    if (state.loaded) showSoon();
    tell();
  });
  votes.addEventListener("refused", () => me.refresh());
  votes.addEventListener("somebody-else", turnPage);
  list?.addEventListener("click", (event) => {
    const button = event.target.closest(".vote");
    if (!button) return;
    event.preventDefault();
    votes.tap(Number(button.closest("[data-key]").dataset.key));
  });
  new Suggest({ slug: data.slug, state, votes, me, jump });
  let first = true;
  stream.addEventListener("me", () => me.refresh());
  stream.addEventListener("phase", () => stream.phase === "live" && votes.flush());
  stream.addEventListener("snapshot", () => {
    if (!first && stream.phase === "live") me.refresh();
    first = false;
    votes.flush();
  });
} else {
  forgetVotes(data.slug);
  tellConnection(find("[data-connection]"), stream);
}

// The dock says where one is.
const seen = new IntersectionObserver((entries) => {
  const here = entries.find((entry) => entry.isIntersecting);
  if (!here) return;
  for (const link of all(".dock a")) {
    if (link.hash === `#${here.target.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-45% 0px -50% 0px" });
for (const link of all(".dock a")) {
  const section = find(link.hash);
  if (section) seen.observe(section);
}

state.addEventListener("change", showSoon);
if (data.status !== "ended") new Notices({ slug: data.slug, state, stream });
startClock(stream);
keepForLater();
keepLast(data.slug, state, stream);
if (data.status !== "ended") stream.start();
