"""Set lists that are too long for a request. Whether who asked still may, the operations ask."""

from collections.abc import Callable
from typing import Any

from apps.accounts.models import User, name_of
from apps.jams.models import Jam
from apps.stage import setlist
from apps.tasks.declared import Result, task
from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task
from apps.tasks.running import progress


def put_off(what: Callable[..., Result], *, jam: Jam, host: User, **wanted: Any) -> Task:
    """One of a kind at a time in a jam, whoever asks."""
    key = f"{what.__name__}:{jam.pk}"
    return enqueue(what, jam=jam.pk, host=host.pk, **wanted, by=host, about=name_of(jam), key=key)


@task(queue="now", attempts=3, soft=80, hard=90)
def arrange_set_list(*, jam: int, host: int, algorithm: str) -> Result:
    night, user = Jam.objects.filter(pk=jam).first(), User.objects.filter(pk=host).first()
    if night is None or user is None:
        return {"gone": True}
    progress(0, 1)
    songs = setlist.arrange(jam=night, host=user, algorithm=algorithm)
    progress(1, 1)
    return {"changed": [song.pk for song in songs]}


@task(queue="now", attempts=3, soft=80, hard=90, atomic=True)
def plan_set_list(*, jam: int, host: int, count: int, algorithm: str, playable_only: bool) -> Result:
    """Once, since each time it would queue further songs."""
    night, user = Jam.objects.filter(pk=jam).first(), User.objects.filter(pk=host).first()
    if night is None or user is None:
        return {"gone": True}
    songs = setlist.queue_planned(jam=night, host=user, count=count, algorithm=algorithm, playable_only=playable_only)
    return {"changed": [song.pk for song in songs]}
