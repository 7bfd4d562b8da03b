from apps.insight import rollups
from apps.tasks.declared import Result, task


@task(queue="later")
def roll_up() -> Result:
    return {"written": rollups.roll_up(), "erased": rollups.erase()}
