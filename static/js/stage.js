// The page of the stage: what has changed is drawn by the server, and put in when no finger is on the page.
import { startClock } from "./clock.js";
import { tellConnection } from "./connection.js";
import { drawnAt } from "./fragment.js";
import { whenCalm } from "./move.js";
import { Notices } from "./notify.js";
import { all, announce, data, find, setText, text } from "./page.js";
import { JamState } from "./state.js";
import { Stream } from "./stream.js";

const SPREAD = 1500; // milliseconds: phones that heard the same come one after the other
const address = location.pathname;
const state = new JamState();
const stream = new Stream(data.slug, state);
const notices = data.status !== "ended" && new Notices({ slug: data.slug, state, stream });
let timer = 0;
let missed = false; // while nobody looked
let order = null;

// Of the songs only those on stage and in the set list matter, and which there are; votes do not.
const orderOf = ({ facts, songs }) =>
  JSON.stringify([facts.status, ...[...songs.values()].map((s) => [s.id, s.status, s.position]).sort((a, b) => a[0] - b[0])]);

function soon(spread = SPREAD) {
  if (document.hidden) missed = true;
  else timer ||= setTimeout(look, 200 + Math.random() * spread);
}

async function look() {
  timer = 0;
  const { status, body } = await drawnAt(address);
  if (status === 200 && body) whenCalm(document, () => show(body));
}

// Parts are exchanged whole; what was open stays open, and focus stays at the same slot.
function show(body) {
  const focused = document.activeElement?.closest("[id]")?.id;
  for (const part of all("[data-part]")) {
    const drawn = find(`#${part.id}`, body);
    if (!drawn || drawn.innerHTML === part.innerHTML) continue;
    for (const box of all("details[open]", part)) find(`#${box.id}`, drawn)?.setAttribute("open", "");
    part.replaceChildren(...drawn.childNodes);
  }
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function press(button) {
  const form = new FormData(button.form);
  form.append(button.name, button.value);
  button.setAttribute("aria-busy", "true");
  const { status, body } = await drawnAt(button.formAction, form);
  button.removeAttribute("aria-busy");
  const done = status === 200 && find("[data-part]", body);
  const line = find("[data-told]");
  line.hidden = Boolean(done);
  setText(find("span", line), done ? "" : text("not_done"));
  if (!done) return announce(text("not_done"));
  show(body);
  if (notices) notices.refresh();
  // Where the button was is what came of it.
  const slot = document.getElementById(button.dataset.slot);
  if (document.activeElement === document.body) slot?.focus({ preventScroll: true });
  announce(slot?.textContent.replace(/\s+/g, " ").trim() ?? "");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-slot]");
  if (!button) return;
  event.preventDefault();
  if (button.getAttribute("aria-busy") !== "true") press(button);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !missed) return;
  missed = false;
  soon();
});
state.addEventListener("change", () => {
  const now = orderOf(state);
  if (order !== null && now !== order) soon();
  order = now;
});
stream.addEventListener("slots", () => soon());
stream.addEventListener("me", () => soon(0));
// The line was down meanwhile. The first time the page is new, and the first frame tells what came since.
let first = true;
stream.addEventListener("snapshot", () => {
  if (!first) soon();
  first = false;
});
tellConnection(find("[data-connection]"), stream);
startClock(stream);
if (data.status !== "ended") stream.start();
