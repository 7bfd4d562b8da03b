// A host's actions: what the form's button would post, sent to the API, with an answer at once.
import { Away, call } from "./api.js";
import { data, find, isolated, setText, text } from "./page.js";

const toast = find("[data-toast]");
const undo = find("[data-undo]", toast);
const close = find("[data-toast-close]", toast);
let hiding = 0;
let ticking = 0;

// `deed` is what can be undone: "queue 12".
export function tell(message, wrong = false, deed = "") {
  clearTimeout(hiding);
  setText(find("span", toast), message);
  toast.classList.toggle("toast-wrong", wrong);
  toast.hidden = false;
  offer(deed, data.undo_seconds);
  // What went wrong stays until it is read.
  if (!wrong && !deed) hiding = setTimeout(hide, 6000);
}

function offer(deed, seconds) {
  clearInterval(ticking);
  const focused = document.activeElement === undo;
  undo.hidden = !deed;
  undo.value = deed;
  if (focused && !deed) close.focus();
  if (!deed) return;
  const until = performance.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    if (left <= 0) hide();
    else setText(find("[data-left]", undo), text("seconds_left", { count: left }));
  };
  ticking = setInterval(tick, 250);
  tick();
}

function hide() {
  clearInterval(ticking);
  if (toast.contains(document.activeElement)) find("#queue").focus();
  undo.hidden = toast.hidden = true;
}

close.addEventListener("click", hide);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (undo.hidden || typing || event.shiftKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  undo.click();
});
// The page was written after an action.
if (!undo.hidden) offer(undo.value, Number(undo.dataset.seconds));

// /jams/x/host/songs/7/queue → /api/v1/jams/x/songs/7/queue
const apiOf = (address) => `/api/v1${new URL(address, location).pathname.replace("/host/", "/")}`;

export class Actions {
  constructor(state, stream) {
    Object.assign(this, { state, stream });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (!button) return;
      event.preventDefault();
      if (button.getAttribute("aria-busy") !== "true") this.#press(button);
      // A second step of a song may be meant before the first is done; a second start never is.
      else if (button.dataset.act === "move") button.dataset.again = "";
    });
  }

  // One step up or down from where the song is now, though the rows wait for the finger to leave.
  #step(button) {
    const id = Number(button.closest("[data-key]").dataset.key);
    const place = this.state.queue.findIndex((song) => song.id === id);
    return Math.max(0, place + ("up" in button.dataset ? -1 : 1));
  }

  async #press(button) {
    const { act } = button.dataset;
    if (act === "undo") return this.#undo(button);
    const body = act === "move" ? { position: this.#step(button) } : act === "pause" ? { [button.name]: button.value === "1" } : undefined;
    const row = button.closest("[data-key]");
    const title = (row && find("[data-title]", row)?.textContent) ?? this.#titleFor(act);
    const place = body?.position + 1;
    const done = await this.send("POST", apiOf(button.getAttribute("formaction")), body, button);
    if (!done) return;
    if (act === "move") this.state.moved(done, body.position);
    const deed = act === "pause" ? `${button.name}_${Number(body[button.name])}` : act;
    tell(text(`done_${deed}`, { title: isolated(title), place }), false, done.title && `${act.replace("-", "_")} ${done.id}`);
    row?.querySelector("details")?.removeAttribute("open");
    if ("again" in button.dataset) {
      delete button.dataset.again;
      this.#press(button);
    }
  }

  async #undo(button) {
    const what = find("span", toast).textContent;
    const [action, song] = button.value.split(" ");
    const body = song ? { action, song: Number(song) } : { action };
    const back = await this.send("POST", apiOf(button.getAttribute("formaction")), body, button);
    if (!back) return;
    const lost = back.sign_ups_lost ? ` ${text("sign_ups_lost", { count: back.sign_ups_lost })}` : "";
    tell(text("undone", { what }) + lost);
  }

  // Answers what came back, or false after having said why not.
  async send(method, address, body, button, refuse = (message) => tell(message, true)) {
    button?.setAttribute("aria-busy", "true");
    try {
      const answer = await call(method, address, body);
      this.#take(answer);
      return answer;
    } catch (error) {
      refuse(error instanceof Away && !error.busy ? text("not_done") : error.message);
      return false;
    } finally {
      button?.removeAttribute("aria-busy");
    }
  }

  // The answer is as good as a frame; what else moved comes by the socket, or is asked for.
  #take(answer) {
    if (answer.jam_revision) this.state.merge({ ...answer, songs: answer.songs });
    else if (answer.revision && "counted_at" in answer) this.state.merge({ songs: [answer] });
    else if (answer.song?.revision) this.state.merge({ songs: [answer.song] });
    if (this.stream.phase !== "live") this.stream.refresh();
  }

  #titleFor(act) {
    const song = act === "start-next" ? this.state.queue[0] : this.state.playing;
    return song?.title ?? "";
  }
}

// Links that ask first: a dialog here, a page of its own without a script.
export function askFirst(dialog, confirmed) {
  let asked = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (!link) return;
    event.preventDefault();
    if (link.getAttribute("aria-disabled") === "true") return;
    asked = link;
    setText(find("h2", dialog), link.dataset.title);
    setText(find("p", dialog), link.dataset.say);
    setText(find("[data-yes]", dialog), link.dataset.do);
    dialog.showModal();
  });
  find("[data-no]", dialog).addEventListener("click", () => dialog.close());
  find("[data-yes]", dialog).addEventListener("click", () => {
    dialog.close();
    confirmed(asked);
  });
}
