"""Tasks without a worker: what is due runs here."""

from apps.tasks.embedded import run_next


def run_tasks(at=None):
    """Runs every task that is due (at that moment), until none is left; answers them, as they were left."""
    return list(iter(lambda: run_next(at), None))
