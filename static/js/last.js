// The last that this phone knew of a jam: kept while it is followed, shown while there is no line.
import { now } from "./clock.js";
import { keepBoard, keptBoard } from "./shelf.js";

const EVERY = 15_000;

export function keepLast(slug, state, stream) {
  let news = false;
  let looked = false;

  const keep = () => {
    if (!news || stream.phase !== "live" || state.facts.status === "ended") return; // the end is another page
    news = false;
    keepBoard(slug, { at: now(), board: state.board });
  };

  async function show() {
    if (looked || state.loaded || stream.phase === "live") return;
    looked = true;
    const kept = await keptBoard(slug);
    if (!kept || state.loaded) return;
    stream.seen = kept.at;
    state.replace(kept.board);
  }

  state.addEventListener("change", () => (news = true));
  stream.addEventListener("snapshot", () => {
    news = true;
    keep();
  });
  stream.addEventListener("phase", () => ["offline", "reconnecting", "polling"].includes(stream.phase) && show());
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  setInterval(keep, EVERY);
}
