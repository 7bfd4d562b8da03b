// Line-up and people: drawn by the server, looked at again when a frame says so. Links open their small page in a dialog,
// and what its buttons and forms would post goes to the API: `data-call="POST signups/7/move"`.
import { tell } from "./act.js";
import { Fragment } from "./fragment.js";
import { all, data, find, isolated, setText, text } from "./page.js";

const PAUSE = 1000; // between two looks, however much comes at once

class Panel extends Fragment {
  #timer = 0;
  #last = 0;
  #stale = false;

  // `always`: also while nobody sees it.
  constructor(part, { always = false, changed }) {
    super(part, { calm: true, changed });
    this.always = always;
  }

  soon() {
    this.#stale = true;
    if (!this.always && this.part.closest("[data-panel]").hidden) return;
    this.#timer ||= setTimeout(() => this.look(), Math.max(0, this.#last + PAUSE - Date.now()));
  }

  // Its tab has been chosen.
  show() {
    if (this.#stale) this.soon();
  }

  look() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#stale = false;
    this.#last = Date.now();
    return super.look();
  }
}

export class Side {
  #queue = "";

  constructor(actions, state, stream) {
    this.actions = actions;
    this.lineup = new Panel(find("[data-lineup]"), { always: true, changed: () => this.#showMissing() });
    this.people = new Panel(find("[data-people]"), { changed: () => this.#filter() });
    this.sheet = new Sheet(find("[data-sheet-dialog]"));
    this.search = find("[data-find-person]");
    this.search.addEventListener("input", () => this.#filter());
    for (const name of ["desk", "slots", "snapshot"]) stream.addEventListener(name, () => this.soon());
    state.addEventListener("change", () => this.#follow(state));
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("submit", (event) => this.#submit(event));
  }

  soon() {
    this.lineup.soon();
    this.people.soon();
    this.sheet.soon();
  }

  // Tonight's songs have changed, or their order.
  #follow(state) {
    const queue = [state.playing?.id, ...state.queue.map((song) => song.id), state.ranking.length].join();
    if (queue !== this.#queue) this.lineup.soon();
    this.#queue = queue;
  }

  #showMissing() {
    const badge = find("[data-missing]");
    const missing = Number(find("[data-count]", this.lineup.part)?.dataset.count ?? 0);
    badge.hidden = missing === 0;
    setText(find("span", badge), missing);
  }

  #filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const row of all(".person", this.people.part)) {
      row.hidden = !find("[data-name]", row).textContent.toLowerCase().includes(wanted);
    }
  }

  #click(event) {
    const link = event.target.closest("a[data-sheet]");
    const button = event.target.closest("button[data-call]");
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      this.sheet.open(link);
    } else if (button) {
      event.preventDefault();
      this.#send(button, button);
    }
  }

  #submit(event) {
    const form = event.target.closest("form[data-call]");
    if (!form) return;
    event.preventDefault();
    this.#send(form, event.submitter ?? find("button", form), valuesOf(form));
  }

  // `part` says what to call; `values` are a form's.
  async #send(part, button, values = {}) {
    if (button.getAttribute("aria-busy") === "true") return;
    this.sheet.say("");
    const call = (method, path, body) =>
      this.actions.send(method, `/api/v1/jams/${data.slug}/${path}`, body, button, (message) => this.sheet.say(message));
    let made = null;
    if (find("[data-new-person]", part)) {
      if (values.display_name) {
        made = await call("POST", "people", { display_name: values.display_name });
        if (!made) return;
        Object.assign(values, { attendee: made.id, name: made.display_name });
      }
      delete values.display_name;
    }
    const [method, path] = part.dataset.call.split(" ");
    const fields = (path.match(/\{\w+\}/g) ?? []).map((field) => field.slice(1, -1));
    if (fields.some((field) => values[field] === undefined)) return this.sheet.say(part.dataset.need);
    const filled = path.replace(/\{(\w+)\}/g, (_, field) => values[field]);
    const body = { ...JSON.parse(part.dataset.body ?? "{}"), ...values };
    for (const field of ["name", ...fields]) delete body[field];
    const answer = await call(method, filled, Object.keys(body).length ? body : undefined);
    this.look();
    if (!answer) return made && this.sheet.look(); // who is in now can be chosen
    if ("stay" in part.dataset) this.sheet.look();
    else this.sheet.close();
    tell(part.dataset.done.replace("%(name)s", () => isolated(answer.display_name ?? values.name ?? "")));
  }

  look() {
    this.lineup.look();
    this.people.look();
  }
}

// What a form says, as the API takes it: numbers of what is chosen, texts of what is written; `name` of who is chosen.
function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "submit" || (!field.value && field.type !== "checkbox")) continue;
    if (field.type === "checkbox") values[field.name] = field.checked;
    else if (field.tagName === "SELECT") {
      values[field.name] = Number(field.value);
      values.name = field.selectedOptions[0].textContent;
    } else values[field.name] = field.value;
  }
  return values;
}

// One small page at a time, in a dialog.
class Sheet {
  #page = null;
  #from = "";

  constructor(dialog) {
    this.dialog = dialog;
    this.part = find("[data-sheet-part]", dialog);
    this.told = find("[data-sheet-told]", dialog);
    find("[data-sheet-close]", dialog).addEventListener("click", () => this.close());
    dialog.addEventListener("close", () => this.#closed());
  }

  async open(link) {
    if (!this.dialog.open) this.#from = link.id;
    this.part.dataset.fragment = `${link.getAttribute("href")}?part=1`;
    this.#page = new Fragment(this.part);
    const status = await this.#page.look();
    if (status !== 200) return tell(text(status ? "wrong" : "not_done"), true);
    this.say("");
    if (!this.dialog.open) this.dialog.showModal();
    find("#sheet-title", this.part).focus();
  }

  // As others have changed it, unless somebody is writing here.
  soon() {
    const begun = all("input, select", this.part).some((field) => field.type !== "hidden" && field.value && field.type !== "checkbox");
    if (!begun) this.look();
  }

  async look() {
    if (!this.dialog.open) return;
    if ((await this.#page.look()) === 404) this.close(); // what it is about is gone
    else if (!this.dialog.contains(document.activeElement)) find("#sheet-title", this.part)?.focus();
  }

  // Beside the buttons: behind the dialog nobody would see it.
  say(message) {
    if (!this.dialog.open && message) tell(message, true);
    this.told.hidden = !message;
    setText(find("span", this.told), message);
  }

  close() {
    this.dialog.close();
  }

  // Back to where it was opened, though that may have been drawn anew.
  #closed() {
    this.part.replaceChildren();
    (document.getElementById(this.#from) ?? find("#side")).focus({ preventScroll: true });
  }
}
