"""What voting has done in the background."""

from apps.tasks.declared import Result, task
from apps.voting import partitions


@task(queue="later")
def prepare_partitions() -> Result:
    return {"made": partitions.prepare()}
