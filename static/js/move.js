// Moves rows: first, last, invert, play. Nothing moves until 600 ms after the last touch.
const CALM = 600;
const MOST = 20;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const waiting = new Map();
let touched = -Infinity;
let held = false;

for (const name of ["pointerdown", "pointerup", "touchstart", "touchmove", "touchend", "touchcancel"]) {
  addEventListener(name, touch, { passive: true });
}

function touch(event) {
  touched = performance.now();
  if (event.touches) held = event.touches.length > 0;
}

// Milliseconds until the finger has left.
const calmIn = () => (held ? CALM : touched + CALM - performance.now());

// Does it now or when the finger has left; what comes later for the same key replaces what waits.
export function whenCalm(key, act) {
  clearTimeout(waiting.get(key));
  const wait = calmIn();
  if (wait > 0) {
    waiting.set(key, setTimeout(() => whenCalm(key, act), wait));
    return;
  }
  waiting.delete(key);
  act();
}

// Puts the rows in order.
export function arrange(list, rows, done = () => {}) {
  whenCalm(list, () => {
    const stands = rows.length === list.children.length && rows.every((row, place) => list.children[place] === row);
    if (!stands) slide(list, rows);
    done();
  });
}

function slide(list, rows) {
  const quiet = still.matches || document.hidden;
  const before = new Map(quiet ? [] : [...list.children].map((row) => [row, row.getBoundingClientRect()]));
  for (const row of before.keys()) for (const move of row.getAnimations()) move.cancel();
  const focused = document.activeElement;
  const kept = new Set(rows);
  for (const row of [...list.children]) if (!kept.has(row)) row.remove();
  rows.forEach((row, place) => list.children[place] !== row && list.insertBefore(row, list.children[place] ?? null));
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  if (quiet) return;

  const moves = [];
  for (const row of rows) {
    const [from, to] = [before.get(row), row.getBoundingClientRect()];
    const shift = from ? from.top - to.top : 0;
    if (shift && (onScreen(from) || onScreen(to)) && moves.length < MOST) moves.push([row, shift]);
  }
  for (const [row, shift] of moves) animate(row, shift);
}

const onScreen = (box) => box.bottom > 0 && box.top < innerHeight;

function animate(row, shift) {
  row.classList.add("is-moving");
  const move = row.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], {
    duration: 360,
    easing: "cubic-bezier(0.2, 0.8, 0.2, 1)",
  });
  move.onfinish = move.oncancel = () => row.classList.remove("is-moving");
}
