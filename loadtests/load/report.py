"""What is kept of a run: report.html, which needs no other file, and report.md with its charts beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from loadtests.bench import Row, number, table
from loadtests.load import charts
from loadtests.load.outcome import OURS, Outcome
from loadtests.load.windows import Window, together

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #0f172a }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px } td, th { padding: .2rem .6rem; text-align: start;
border-bottom: 1px solid #e2e8f0 } td.n { text-align: end; font-variant-numeric: tabular-nums }
.missed { color: #b91c1c; font-weight: bold } svg { max-width: 100%; height: auto; display: block; margin: 1rem 0 }
code { font-size: 12px }
"""
ENDPOINTS = ("request", "requests", "average, ms", "p50", "p95", "p99", "failed")


@dataclass
class Report:
    """`said`: lines by their heading. `charts`: SVG by name."""

    title: str
    about: str
    rows: Sequence[Row]
    endpoints: list[tuple[str, ...]]
    said: dict[str, list[str]] = field(default_factory=dict)
    charts: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        judged = [row for row in self.rows if row.met is not None]
        missed = [row.case for row in judged if not row.met]
        return f"{len(missed)} of {len(judged)} missed" + (f": {', '.join(missed)}" if missed else "")

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in self.charts.items():
            (folder / f"{name}.svg").write_text(svg)
        (folder / "report.md").write_text(self.markdown())
        (folder / "report.html").write_text(self.html())

    def markdown(self) -> str:
        parts = [f"# {self.title}", self.about, f"**{self.verdict}**", "\n".join(table(list(self.rows)))]
        parts += [f"![{name}]({name}.svg)" for name in self.charts]
        head = [ENDPOINTS, ("---",) * len(ENDPOINTS)]
        parts += ["## By request", "\n".join(f"| {' | '.join(line)} |" for line in [*head, *self.endpoints])]
        for heading, lines in self.said.items():
            parts += [f"## {heading}", "\n".join(f"- {line}" for line in lines)]
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        title, about, verdict = map(escape, (self.title, self.about, self.verdict))
        parts = [f"<h1>{title}</h1><p>{about}</p><p><strong>{verdict}</strong></p>"]
        parts.append(cells(("", "", "", "floor", "ratio", "target", "met", ""), map(row_cells, self.rows)))
        parts += self.charts.values()
        parts += ["<h2>By request</h2>", cells(ENDPOINTS, self.endpoints)]
        for heading, lines in self.said.items():
            items = "".join(f"<li>{marked(line)}</li>" for line in lines)
            parts.append(f"<h2>{escape(heading)}</h2><ul>{items}</ul>")
        head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        return f"{head}<style>{STYLE}</style>{''.join(parts)}</html>\n"


def report_of(outcome: Outcome, rows: Sequence[Row], about: str, said: dict[str, list[str]]) -> Report:
    scenario = outcome.scenario
    title = f"Load: {scenario.name}" + (", the short form" if scenario.is_short else "")
    return Report(title, f"{scenario.about}. {about}", rows, endpoints(outcome), said, charts_of(outcome.windows))


def endpoints(outcome: Outcome) -> list[tuple[str, ...]]:
    """The most asked for first."""
    tallies = sorted(together(outcome.windows).items(), key=lambda one: -one[1].count)
    return [
        (
            name,
            f"{tally.count:,}",
            *(number(value) for value in (tally.average, *map(tally.percentile, (50, 95, 99)))),
            f"{tally.failed:,}",
        )
        for name, tally in tallies
    ]


def charts_of(windows: Sequence[Window]) -> dict[str, str]:
    at, every = [window.at for window in windows], [window.whole for window in windows]
    found = {
        "people": charts.lines(
            "People", "at once", at,
            {"people": [window.users for window in windows], "sockets": [window.sockets for window in windows]},
        ),
        "rate": charts.lines(
            "Requests", "a second", at,
            {"asked": [window.rate for window in windows],
             "failed": [tally.failed / window.seconds for tally, window in zip(every, windows, strict=True)],
             "refused": [tally.refused / window.seconds for tally, window in zip(every, windows, strict=True)]},
        ),
        "times": charts.lines(
            "Answers", "ms", at,
            {f"p{percent}": [tally.percentile(percent) for tally in every] for percent in (50, 95, 99)},
        ),
    }  # fmt: skip
    generator = {"generator": [100 * window.generator for window in windows]}
    houses = [window.house for window in windows if window.house]
    if len(houses) < len(windows):
        return found | {"cores": charts.lines("Busy", "% of a core", at, generator)}
    shares = {name: [100 * house.used[name] for house in houses] for name in ("server", "web", "live", "database")}
    memory = {name: [house.memory[name] / 2**20 for house in houses] for name in OURS}
    return found | {
        "cores": charts.lines("Busy", "% of a core", at, generator | shares),
        "memory": charts.lines("Memory", "MB", at, memory),
    }


def row_cells(row: Row) -> tuple[str, ...]:
    met = {True: "yes", False: "MISSED", None: ""}[row.met]
    numbers = (number(row.value), row.unit, number(row.floor), number(row.ratio))
    return (row.case, *numbers, row.target or "", met, row.note)


def cells(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    def cell(text: str) -> str:
        is_number = text.replace(",", "").replace(".", "").isdigit()
        kind = ' class="n"' if is_number else ' class="missed"' if text == "MISSED" else ""
        return f"<td{kind}>{escape(text)}</td>"

    titles = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join(f"<tr>{''.join(map(cell, line))}</tr>" for line in lines)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def marked(line: str) -> str:
    """Markdown of which there is only **this** and `that`."""
    text = escape(line)
    for mark, tag in (("**", "strong"), ("`", "code")):
        pieces = text.split(mark)
        text = "".join(f"<{tag}>{piece}</{tag}>" if place % 2 else piece for place, piece in enumerate(pieces))
    return text
