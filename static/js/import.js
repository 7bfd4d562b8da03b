// While an import runs, its page shows how far it is; every quarter of it is read out.
import { drawnAt } from "./fragment.js";
import { all, find, setText } from "./page.js";

const EVERY = 1000;
const TOLD = 25; // per cent between two that are read out
const part = find("[data-import]");

async function look() {
  const { status, body } = await drawnAt(location.href);
  const drawn = status === 200 && body && find("[data-import]", body);
  find("[data-away]", part).hidden = status === 200;
  if ((status === 200 && !drawn) || [403, 404].includes(status)) return location.reload(); // logged out, or discarded
  if (drawn && !find("[data-running]", drawn)) return end(drawn);
  if (drawn) show(drawn);
  setTimeout(look, EVERY);
}

function end(drawn) {
  part.replaceChildren(...drawn.childNodes);
  find("h1", part).focus();
}

function show(drawn) {
  const bar = find("[data-percent]", part);
  const before = bar.value;
  bar.value = find("[data-percent]", drawn).value;
  setText(find("h2", part), find("h2", drawn).textContent);
  for (const count of all("[data-count]", part)) {
    setText(count, find(`[data-count="${count.dataset.count}"]`, drawn).textContent);
  }
  if (Math.floor(before / TOLD) < Math.floor(bar.value / TOLD)) {
    setText(find("[data-told]", part), find("[data-told]", drawn).textContent);
  }
}

if (part && find("[data-running]", part)) {
  find("[data-again]", part).hidden = true;
  setTimeout(look, EVERY);
}
