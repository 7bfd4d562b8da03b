// Moves rows: first, last, invert, play. Nothing moves until 600 ms after the last touch.
const CALM = 600;
const MOST = 20;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const waiting = new Map();
const starting = new Map(); // list → where its rows were seen last
const moving = new Map(); // row → its animation
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

// Paints the rows now and puts them in order when the finger has left. What is read is read before anything is written,
// and again in the frame that lays the rows out anyway: never in between.
export function arrange(list, rows, { paint, done = () => {} }) {
  const seen = calmIn() <= 0 && !stands(list, rows) ? look(list) : null;
  paint();
  whenCalm(list, () => {
    if (!stands(list, rows)) slide(list, rows, seen ?? look(list));
    done();
  });
}

const stands = (list, rows) => rows.length === list.children.length && rows.every((row, place) => list.children[place] === row);

// Where the rows are, those that are under way too.
function look(list) {
  if (still.matches || document.hidden) return new Map();
  return new Map([...list.children].map((row) => [row, row.getBoundingClientRect()]));
}

function slide(list, rows, seen) {
  const focused = document.activeElement;
  order(list, rows);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  if (!seen.size || starting.has(list)) return; // what has not been drawn yet still stands where it was seen
  starting.set(list, seen);
  requestAnimationFrame(() => play(list));
}

function order(list, rows) {
  const kept = new Set(rows);
  for (const row of [...list.children]) if (!kept.has(row)) row.remove();
  let next = list.firstElementChild;
  rows.forEach((row, place) => {
    // One that fell steps aside: those that passed it need not be put in anew.
    if (next && next !== row && next.nextElementSibling === row && rows[place + 1] !== next) {
      list.append(next);
      next = row;
    }
    if (next === row) next = row.nextElementSibling;
    else list.insertBefore(row, next);
  });
}

function play(list) {
  const seen = starting.get(list);
  starting.delete(list);
  for (const row of seen.keys()) moving.get(row)?.cancel();
  const moves = [];
  for (const row of list.children) {
    const [from, to] = [seen.get(row), row.getBoundingClientRect()];
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
  moving.set(row, move);
  move.onfinish = move.oncancel = () => {
    if (moving.get(row) !== move) return;
    moving.delete(row);
    row.classList.remove("is-moving");
  };
}
