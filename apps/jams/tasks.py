"""What the jams have done in the background."""

from django.conf import settings

from apps.jams import attendees, nights, performers, statistics, warming
from apps.tasks.declared import Result, task


@task(queue="later")
def erase_attendees() -> Result:
    """And performers who have not come for long."""
    return {"attendees": attendees.erase_due(), "performers": performers.erase_unused()}


@task(queue="later")
def erase_statistics() -> Result:
    return {"erased": statistics.erase_statistics()}


@task(queue="later")
def hold_nights() -> Result:
    return {"made": len(nights.hold_nights())}


@task(queue="later", attempts=1)
def warm_cache() -> Result:
    """What a restart of Redis has emptied, too."""
    return {"warm": warming.warm() if settings.CACHED_READS else 0}
