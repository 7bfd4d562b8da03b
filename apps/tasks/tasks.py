"""Clean-up of what belongs to no app above."""

from apps.core import retries
from apps.tasks import operations
from apps.tasks.declared import Result, task


@task(queue="later")
def erase_tasks() -> Result:
    return {"erased": operations.erase_tasks()}


@task(queue="later")
def erase_replies() -> Result:
    return {"erased": retries.erase_replies()}
