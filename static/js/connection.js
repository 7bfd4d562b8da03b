// One quiet line that says how the page stands with the server.
import { agoOf, clockOf, find, setIcon, setText, text } from "./page.js";
import { now } from "./clock.js";

// `waiting()` is how many votes wait on this phone, `away()` whether they found no server, `busy()` one that had enough.
export function tellConnection(line, stream, { waiting = () => 0, away = () => false, busy = () => false } = {}) {
  if (!line) return () => {}; // the end of the night has nothing to wait for
  let since = Date.now();
  const show = () => {
    const say = sentence(stream, waiting(), { away: away(), busy: busy() }, Date.now() - since);
    line.hidden = !say;
    if (!say) return;
    line.classList.toggle("line-warn", say.warn);
    line.classList.toggle("line-wait", !say.warn);
    setIcon(find(".icon", line), say.warn ? "offline" : "signal");
    setText(find("span", line), say.text);
  };
  stream.addEventListener("snapshot", show);
  stream.addEventListener("phase", () => {
    since = Date.now();
    show();
    setTimeout(show, 1600);
  });
  setTimeout(show, 2600);
  setInterval(show, 30_000); // the age
  return show;
}

function sentence(stream, count, { away, busy }, age) {
  const warn = stream.phase === "offline" || stream.phase === "gone" || away;
  if (stream.phase === "gone") return { warn, text: text("gone") };
  if (warn) {
    const lead = text(stream.phase === "offline" ? "offline" : busy ? "busy" : "away");
    const old = now() - stream.seen > 60_000 && { time: clockOf(stream.seen), ago: agoOf(now() - stream.seen) };
    const parts = [lead, stream.seen && old && text("as_of", old), count && text("votes_wait", { count })];
    return { warn, text: parts.filter(Boolean).join(" ") };
  }
  // A blink of the line is not worth a word.
  if (stream.phase === "live" || age < 1500) return null;
  const word = stream.phase === "polling" ? "polling" : stream.seen ? "reconnecting" : "connecting";
  return { warn, text: text(word, { time: stream.seen ? clockOf(stream.seen) : "" }) };
}
