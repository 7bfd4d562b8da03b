"""What reports have done in the background."""

from apps.jams.models import Jam
from apps.reports import operations
from apps.reports.models import Report
from apps.reports.nights import AT_ONCE, summed_up
from apps.tasks.declared import Result, task
from apps.tasks.running import progress


@task(queue="soon")
def make_report(*, report: int) -> Result:
    row = Report.objects.select_related("owner").filter(pk=report).first()
    if row is None:
        return {"gone": True}
    operations.make_report(report=row, told=progress)
    return None


@task(queue="soon")
def sum_up_nights(*, jams: list[int]) -> Result:
    """Of a report that a page waits for, or of the night that has just ended."""
    found = list(Jam.objects.select_related("venue").filter(pk__in=jams))
    for begin in range(0, len(found), AT_ONCE):
        summed_up(found[begin : begin + AT_ONCE])
        progress(min(begin + AT_ONCE, len(found)), len(found))
    return {"nights": len(found)}


@task(queue="later")
def erase_reports() -> Result:
    return {"erased": operations.erase_expired()}
