// The figures of tonight, drawn anew every few seconds while somebody looks.
import { find } from "./page.js";
import { Fragment } from "./fragment.js";

const EVERY = 15_000;
const figures = new Fragment(find("[data-fragment]"), { calm: true });

async function look() {
  if (document.hidden) return;
  if ((await figures.look()) === 403) location.reload(); // whoever has logged out, or is no longer staff
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
