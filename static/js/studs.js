// How far the line-up of each song is: a stud for each place in it. Frames tell what changes; new songs bring theirs
// along untold, and a line that was down has missed some: then all are read.
import { read } from "./api.js";
import { drawStuds, find, setText, text } from "./page.js";

const MOST = 9;
const SPREAD = 2000; // milliseconds: phones that heard of the same song come one after the other

export class LineUps {
  #counted = 0;

  constructor(slug, state, stream) {
    Object.assign(this, { address: `/api/v1/jams/${slug}/line-ups`, state });
    if (!find("#song-row")?.content.querySelector("[data-studs]")) return; // nobody signs up here
    stream.addEventListener("snapshot", () => this.look());
    state.addEventListener("change", () => {
      if (!this.#counted || this.#counted === state.songs.size) return;
      this.#counted = state.songs.size;
      setTimeout(() => this.look(), 300 + Math.random() * SPREAD);
    });
  }

  async look() {
    this.#counted = this.state.songs.size;
    const { body } = await read(this.address).catch(() => ({}));
    if (body) this.state.takeLineUps(body.songs.map((row) => ({ ...row, revision: body.revision })));
  }

  of(song) {
    return this.state.lineUps.get(song);
  }

  // What is not known yet stays as the server wrote it.
  paint(row, { id }) {
    const [studs, lineUp] = [find("[data-studs]", row), this.of(id)];
    if (!studs || !lineUp) return;
    const link = find("[data-line-up] a", row);
    link.parentElement.hidden = !lineUp.slots;
    studs.setAttribute("aria-label", text("line_up", lineUp));
    drawStuds(studs, Math.min(lineUp.slots, MOST), lineUp.filled, !lineUp.missing);
    link.hash = `song-${id}`;
    setText(find("span", link), text("line_up_more", lineUp));
  }
}
