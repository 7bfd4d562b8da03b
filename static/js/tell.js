// Tells through the browser, where somebody has asked for it and the page is not in sight.
import { all, find, setText, text } from "./page.js";

const BUZZ = [200, 100, 200];

export class Teller {
  #kept = new Kept(() => localStorage, "tell-me");

  constructor() {
    if (!("Notification" in window)) return;
    for (const part of all("[data-tell]")) {
      part.hidden = false;
      find("button", part).addEventListener("click", () => this.#turn());
    }
    this.#show();
  }

  get #on() {
    return Boolean(this.#kept.get("on")) && window.Notification?.permission === "granted";
  }

  // One takes the place of the one before with the same `tag`.
  tell(said, { tag, buzz }) {
    if (!this.#on) return;
    if (buzz && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ);
    if (!document.hidden) return;
    try {
      const notification = new Notification(said, { tag, icon: find("link[rel=icon]")?.href });
      notification.onclick = () => {
        focus();
        notification.close();
      };
    } catch {
      // Some browsers leave it to service workers; the page says it when it is looked at.
    }
  }

  // Browsers are asked by a tap only: some refuse for good when a page asks by itself.
  async #turn() {
    this.#kept.set("on", !this.#on && (await Notification.requestPermission()) === "granted");
    this.#show();
  }

  #show() {
    const blocked = Notification.permission === "denied";
    for (const part of all("[data-tell]")) {
      find("button", part).setAttribute("aria-pressed", this.#on);
      setText(find("[data-tell-note]", part), text(blocked ? "tell_blocked" : this.#on ? "tell_on" : "tell_off"));
    }
  }
}

// Values that outlive the page, where the browser lets them.
export class Kept {
  #all = {};

  constructor(shelf, name) {
    Object.assign(this, { shelf, name });
    try {
      this.#all = JSON.parse(shelf().getItem(name)) ?? {};
    } catch {
      // Nothing is kept, then.
    }
  }

  get(key) {
    return this.#all[key];
  }

  set(key, value) {
    this.#all[key] = value;
    try {
      this.shelf().setItem(this.name, JSON.stringify(this.#all));
    } catch {
      // It holds for this page.
    }
  }
}
