// While a song list is fetched or applied, what is found of it is drawn anew; forms that somebody fills in stand beside.
import { drawnAt } from "./fragment.js";
import { find } from "./page.js";

const EVERY = 1500;
const part = find("[data-song-list]");

async function look() {
  const { status, body } = await drawnAt(location.href);
  const drawn = status === 200 && body && find("[data-song-list]", body);
  if (status === 200 && !drawn) location.reload(); // logged out
  if (drawn && find("[data-running]", drawn)) part.replaceChildren(...drawn.childNodes);
  else if (drawn) location.reload(); // the columns, too
  if (!drawn || find("[data-running]", part)) setTimeout(look, EVERY);
}

if (part && find("[data-running]", part)) setTimeout(look, EVERY);
