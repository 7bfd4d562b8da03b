// An import goes on while its page is open: each step is the form that a button sends without a script.
import { drawnAt } from "./fragment.js";
import { all, find, setText } from "./page.js";

const LATER = [1000, 3000, 10_000];
const TOLD = 25; // per cent between two that are read out
const part = find("[data-import]");
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function goOn() {
  const form = find("[data-step]", part);
  const away = find("[data-away]", part);
  let failed = 0;
  find("[data-step-by-hand]", form).hidden = true;
  for (;;) {
    const { status, body } = await drawnAt(location.href, new FormData(form));
    const drawn = body && find("[data-import]", body);
    away.hidden = status === 200;
    if (status === 200 && !drawn) location.reload(); // logged out
    if (status === 200 && drawn && !find("[data-step]", drawn)) {
      part.replaceChildren(...drawn.childNodes);
      find("h1", part).focus();
      return;
    }
    if (status === 200 && drawn) show(drawn);
    else if (status >= 400 && status < 500 && status !== 429) location.reload();
    failed = status === 200 ? 0 : failed + 1;
    if (failed) await pause(LATER[Math.min(failed, LATER.length) - 1]);
  }
}

function show(drawn) {
  const bar = find("[data-percent]", part);
  const before = bar.value;
  bar.value = find("[data-percent]", drawn).value;
  for (const count of all("[data-count]", part)) {
    setText(count, find(`[data-count="${count.dataset.count}"]`, drawn).textContent);
  }
  if (Math.floor(before / TOLD) < Math.floor(bar.value / TOLD)) {
    setText(find("[data-step-told]", part), find("[data-step-told]", drawn).textContent);
  }
}

if (part && find("[data-step]", part)) goOn();
