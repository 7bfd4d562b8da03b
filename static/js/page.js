// What the page gives its scripts: words in the reader's language, addresses, the token for forms.
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

export const words = read("words");
export const data = read("page-data");
export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const csrfToken = () => find("[name=csrfmiddlewaretoken]")?.value ?? "";

const language = document.documentElement.lang || "en";
const plurals = new Intl.PluralRules(language);
const hours = new Intl.DateTimeFormat(`${language}-u-nu-latn`, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: data.zone || undefined,
});

// A text by its name, with its %(values)s. A text with a count has one form for each plural of the language.
export function text(name, values = {}) {
  const word = words[name] ?? "";
  const form = typeof word === "string" ? word : (word[plurals.select(values.count)] ?? word.other);
  return form.replace(/%\((\w+)\)[sd]/g, (_, key) => values[key] ?? "");
}

// As apps/stage/wording.py names it: another word where the language has one.
export const instrument = (name) => words.instruments?.[name.toLowerCase()] ?? name;

// A title inside a sentence keeps its own direction, as <bdi> would.
export const isolated = (title) => `\u2068${title}\u2069`;

export const clockOf = (time) => hours.format(new Date(time));

// "12 minutes ago", of milliseconds.
const past = new Intl.RelativeTimeFormat(language, { numeric: "always" });
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];
export function agoOf(age) {
  const [unit, length] = UNITS.find(([, size]) => age >= size) ?? UNITS.at(-1);
  return past.format(-Math.floor(age / length), unit);
}

export function lengthOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function setText(element, value) {
  if (element && element.textContent !== String(value)) element.textContent = value;
}

export function setIcon(svg, name) {
  const use = find("use", svg);
  const href = `#${name}`; // the page carries them, so they come without a line too
  if (use && use.getAttribute("href") !== href) use.setAttribute("href", href);
}

// A row from the page's own <template>, so that scripts and templates never differ.
export const fromTemplate = (id) => find(`#${id}`).content.firstElementChild.cloneNode(true);

// Said to screen readers, politely: the last of several texts within four seconds.
let nextAt = 0;
let waiting = 0;
export function announce(message) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    nextAt = Date.now() + 4000;
    setText(find("[data-announce]"), message);
  }, Math.max(50, nextAt - Date.now()));
}

// A stud for each of a `number` of places, of which the first are `filled`; `full`: the song can be played.
export function drawStuds(studs, number, filled, full) {
  const sign = [number, filled, full].join();
  if (studs.dataset.sign === sign) return;
  studs.dataset.sign = sign;
  studs.hidden = !number;
  studs.classList.toggle("is-full", full);
  const dots = Array.from({ length: number }, () => document.createElement("i"));
  dots.forEach((dot, place) => dot.classList.toggle("on", place < filled));
  studs.replaceChildren(...dots);
}
