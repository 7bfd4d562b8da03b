// What runs by itself: how far the song is, and how long until the doors.
import { all, find, lengthOf, setText, text } from "./page.js";

let offset = 0;

export function startClock(stream) {
  stream.addEventListener("snapshot", () => {
    offset = stream.offset;
    tick();
  });
  setInterval(tick, 1000);
  tick();
}

export const now = () => Date.now() + offset;

export function tick() {
  if (document.hidden) return;
  for (const strip of all("[data-started]")) if (strip.dataset.started) progress(strip);
  for (const spot of all("[data-until]")) countDown(spot);
}

function progress(strip) {
  const whole = Number(strip.dataset.duration);
  const done = Math.max(0, (now() - Date.parse(strip.dataset.started)) / 1000);
  const over = done >= whole; // they play on: the time too
  setText(find("[data-done]", strip), lengthOf(done));
  for (const part of all("[data-whole]", strip)) part.hidden = over;
  const bar = find(".through", strip);
  if (!bar || !whole) return;
  bar.max = whole;
  bar.value = Math.min(whole, Math.floor(done));
  bar.setAttribute("aria-label", text(over ? "through_over" : "through", { done: lengthOf(done), whole: lengthOf(whole) }));
}

function countDown(spot) {
  const minutes = Math.ceil((Date.parse(spot.dataset.until) - now()) / 60_000);
  spot.hidden = minutes <= 0 || minutes >= 24 * 60;
  if (spot.hidden) return;
  setText(find("b", spot), minutes < 120 ? text("minutes", { count: minutes }) : text("hours", { count: Math.round(minutes / 60) }));
}
