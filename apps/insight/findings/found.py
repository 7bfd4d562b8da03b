from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Found:
    """`kind`: of models.Finding.Kind. `saved`: seconds of waiting an hour that mending it would save; of what is no
    matter of time, how urgent it is (resources.py). `evidence`: figures for its text (words.py)."""

    kind: str
    subject: str
    saved: float
    evidence: dict[str, Any] = field(default_factory=dict)
