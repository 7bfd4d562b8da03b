// What somebody must hear who is not looking: that they are next or on, that a slot is theirs, how the night goes on.
// It is found out here, from what the room is told and this phone's own sign-ups.
import { call } from "./api.js";
import { data, find, fromTemplate, instrument, isolated, setText, text } from "./page.js";
import { Kept, Teller } from "./tell.js";

const SHOWN = 12_000; // milliseconds: what it says stands elsewhere, too
const ON = ["live", "last_call"];
const HOLDS = ["claimed", "checked_in"];
const list = new Intl.ListFormat(document.documentElement.lang || "en");

export class Notices {
  #mine = null; // sign-ups; null: not known yet
  #night = null; // how the jam stood when it was last looked at
  #shown = new Map(); // calls: what is so until it is not, "You are on next"
  #teller = new Teller();

  constructor({ slug, state, stream }) {
    Object.assign(this, { state, address: `/api/v1/jams/${slug}/signups?page_size=100` });
    // What this tab has said: another page of the jam, or the same one loaded again, goes on from there.
    this.kept = new Kept(() => sessionStorage, `notices-${slug}`);
    state.addEventListener("change", () => this.#look());
    stream.addEventListener("me", () => this.refresh());
    let first = true;
    stream.addEventListener("snapshot", () => {
      // Whoever comes back hears what was said meanwhile; who plays nothing need not ask.
      if (!first && this.#mine?.length) this.refresh();
      first = false;
    });
    if (data.sign_ups) this.#learn(data.sign_ups);
    else this.refresh();
  }

  // Asks what this phone has signed up for; for whoever has just changed it, too.
  async refresh() {
    if (!data.attendee) return;
    try {
      this.#learn((await call("GET", this.address)).results);
    } catch {
      // The next message or connection asks again.
    }
  }

  #learn(signUps) {
    const before = this.kept.get("slots") ?? {};
    this.#mine = signUps;
    this.kept.set("slots", Object.fromEntries(signUps.map((one) => [one.id, one.state])));
    for (const one of signUps) if (before[one.id] === "waiting" && HOLDS.includes(one.state)) this.#tell("yours", [one]);
    this.#look();
  }

  #look() {
    if (!this.state.loaded) return;
    const { facts, playing, queue } = this.state;
    this.#lookAtNight(facts);
    if (!this.#mine) return;
    const on = ON.includes(facts.status);
    this.#call("up", on ? playing : null);
    this.#call("next", on ? queue[0] : null);
  }

  #lookAtNight({ status, voting }) {
    const before = this.#night;
    this.#night = { status, voting };
    if (!before) return;
    if (status !== before.status) this.#tell(`night_${status}`);
    else if (voting !== before.voting) this.#tell(`voting_${voting}`);
  }

  // Told once for each song; shown for as long as it is so, or until it is put away.
  #call(name, song) {
    const parts = song ? this.#mine.filter((one) => one.jam_song === song.id && HOLDS.includes(one.state)) : [];
    const said = parts.length ? sentence(name, parts) : "";
    const shown = this.#shown.get(name);
    if (shown?.said === said) return;
    shown?.toast?.remove();
    const [of, what] = this.kept.get(name) ?? [];
    const known = of === song?.id ? what : "";
    const away = () => this.kept.set(name, [song.id, "away"]);
    this.#shown.set(name, { said, toast: said && known !== "away" ? show(said, away) : null });
    if (said && known) return;
    this.kept.set(name, said ? [song.id, "told"] : undefined);
    if (said) this.#teller.tell(said, { tag: name, buzz: true });
  }

  #tell(name, parts) {
    const said = sentence(name, parts);
    if (!said) return;
    const toast = show(said);
    setTimeout(() => toast.remove(), SHOWN);
    this.#teller.tell(said, { tag: parts ? `${name}-${parts[0].id}` : "night", buzz: Boolean(parts) });
  }
}

function sentence(name, parts) {
  const all = parts && list.format(parts.map((one) => isolated(instrument(one.instrument))));
  return text(`notice_${name}`, parts && { title: isolated(parts[0].title), parts: all });
}

// `away`: what happens when it is put away, of what stays until then.
function show(said, away) {
  const toast = fromTemplate("notice");
  toast.classList.toggle("notice-call", Boolean(away));
  setText(find("[data-text]", toast), said);
  find("button", toast).addEventListener("click", () => {
    toast.remove();
    away?.();
  });
  find("[data-notices]").append(toast);
  return toast;
}
