// Pages on which what was found is gone to.
import { all, isolated, text } from "./page.js";
import { Search } from "./search.js";

const language = document.documentElement.lang || "en";
const DAY = { day: "numeric", month: "long", year: "numeric" };
const ON = ["live", "last_call"];

const OPTIONS = {
  songs: ({ title, artist }) => ({ title, more: artist }),
  artists: ({ name, songs }) => ({ title: name, more: text("songs_of", { count: songs }) }),
  venues: ({ name, town }) => ({ title: name, more: town }),
  jams: ({ name, venue, starts_at, time_zone, status }) => ({
    title: name,
    more: `${isolated(venue)} · ${isolated(dayOf(starts_at, time_zone))}`,
    deed: ON.includes(status) ? text("on_now") : "",
  }),
};

// A venue has a page of its own for each song.
const placeOf = (box, { id, url }) => box.dataset.to?.replace(/0$/, id) ?? url;

const dayOf = (time, zone) => new Intl.DateTimeFormat(`${language}-u-nu-latn`, { ...DAY, timeZone: zone }).format(new Date(time));

for (const box of all("[data-search]")) {
  const kinds = box.dataset.search.split(",");
  const of = (kind, found) => (found[kind] ?? []).map((one) => ({ ...OPTIONS[kind](one), choose: () => location.assign(placeOf(box, one)) }));
  const offer = (found) => kinds.map((kind) => ({ label: kinds.length > 1 && text(`kind_${kind}`), options: of(kind, found) }));
  new Search(box, { offer, most: kinds.length > 1 ? 4 : 8 });
}
