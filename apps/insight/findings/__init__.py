"""What costs time, and what to do: seen in what was measured lately. Each module looks for some kinds.

`current()` is what holds now, the worst first; `keep()` notes it in the database, and closes what is gone.
"""

from apps.insight.findings.found import Found
from apps.insight.findings.keeping import current, erase, keep

__all__ = ["Found", "current", "erase", "keep"]
