// One quiet line that says how the page stands with the server.
import { clockOf, find, setIcon, setText, text } from "./page.js";
import { now } from "./clock.js";

// `waiting()` is how many votes wait on this phone, `away()` whether they found no server, `busy()` one that had enough.
export function tellConnection(line, stream, { waiting = () => 0, away = () => false, busy = () => false } = {}) {
  if (!line) return () => {}; // the end of the night has nothing to wait for
  let known = "";
  let since = Date.now();
  const show = () => {
    const say = sentence(stream, waiting(), { away: away(), busy: busy() }, known, Date.now() - since);
    line.hidden = !say;
    if (!say) return;
    line.classList.toggle("line-warn", say.warn);
    line.classList.toggle("line-wait", !say.warn);
    setIcon(find(".icon", line), say.warn ? "offline" : "signal");
    setText(find("span", line), say.text);
  };
  stream.addEventListener("snapshot", () => {
    known = clockOf(now());
    show();
  });
  stream.addEventListener("phase", () => {
    since = Date.now();
    show();
    setTimeout(show, 1600);
  });
  setTimeout(show, 2600);
  return show;
}

function sentence(stream, count, { away, busy }, known, age) {
  const warn = stream.phase === "offline" || stream.phase === "gone" || away;
  if (stream.phase === "gone") return { warn, text: text("gone") };
  if (warn) {
    const lead = text(stream.phase === "offline" ? "offline" : busy ? "busy" : "away");
    return { warn, text: count ? `${lead} ${text("votes_wait", { count })}` : lead };
  }
  // A blink of the line is not worth a word.
  if (stream.phase === "live" || age < 1500) return null;
  const word = stream.phase === "polling" ? "polling" : known ? "reconnecting" : "connecting";
  return { warn, text: text(word, { time: known }) };
}
