// A keyed list: a row from the page's template for each item, painted at once, moved when the finger has left.
import { all, find, fromTemplate } from "./page.js";
import { arrange } from "./move.js";

export class Rows {
  // `paint(row, item)` says what stands in a row; `settled(row, item, place)` what depends on its place.
  constructor(list, { template, paint, settled = () => {} }) {
    Object.assign(this, { list, template, paint, settled });
    this.rows = new Map([...list.children].map((row) => [Number(row.dataset.key), row]));
  }

  show(items) {
    const kept = new Set(items.map((item) => item.id));
    const rows = items.map((item) => this.rows.get(item.id) ?? this.#make(item));
    const each = (act) => rows.forEach((row, place) => act(row, items[place], place));
    arrange(this.list, rows, {
      paint: () => {
        each(this.paint);
        for (const [id, row] of this.rows) if (!kept.has(id)) this.#retire(id, row);
      },
      done: () => each(this.settled),
    });
  }

  get(id) {
    return this.rows.get(id);
  }

  #make({ id }) {
    const row = fromTemplate(this.template);
    row.dataset.key = id;
    for (const part of [row, ...all("[id]", row)]) if (part.id) part.id = part.id.replace(/-0$/, `-${id}`);
    for (const part of all("[formaction]", row)) {
      part.setAttribute("formaction", part.getAttribute("formaction").replace("/0/", `/${id}/`));
    }
    for (const link of all("a[href]", row)) link.setAttribute("href", link.getAttribute("href").replace("/0/", `/${id}/`));
    this.rows.set(id, row);
    return row;
  }

  // A row that left takes no more taps, and goes with the next move. Focus goes on to its neighbour.
  #retire(id, row) {
    this.rows.delete(id);
    if (row.contains(document.activeElement)) {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      find("button:enabled", next ?? document)?.focus({ preventScroll: true });
    }
    for (const button of all("button", row)) button.disabled = true;
  }
}
