"""What both databases have in common: several ways to look for something, one after the other."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.core.search.engine import Source

NONE = "SELECT 1 WHERE FALSE"


def joined(
    sources: Sequence["Source"],
    ways: Iterable[str],
    rows: Callable[["Source", str], str],
    told: Callable[["Source", str], str],
) -> str:
    """What each way finds. `rows` looks for a source's in a way, and may ask `found_…` of those before whether there is
    anything; `told` says of what was found what there is to tell."""
    steps, finding = [], {source.kind: list[str]() for source in sources}
    for way in ways:
        # Who has some of the words is nobody whom they name.
        asked = [source for source in sources if way != "almost" or not source.by_artist]
        for source in asked:
            steps.append(f"{source.kind}_{way} AS MATERIALIZED ({rows(source, way)})")
            finding[source.kind].append(f"SELECT * FROM {source.kind}_{way}")
        steps.append(f"found_{way} AS ({' UNION ALL '.join(f'SELECT 1 FROM {s.kind}_{way}' for s in asked) or NONE})")
    parts = [told(source, " UNION ALL ".join(finding[source.kind])) for source in sources]
    return f"WITH {', '.join(steps)} {' UNION ALL '.join(parts)}"
