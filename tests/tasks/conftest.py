import os
import signal
import subprocess
import sys

import pytest

from apps.tasks.sending import Broker
from apps.tasks.worker import app
from tests.processes import servers


class Celery:
    """Workers and beats as processes; what lives at the end of the test is stopped as a system stops a service."""

    def __init__(self, started):
        self.started = started

    def start(self, *words, **env):
        command = [sys.executable, "-m", "celery", "-A", "tests.tasks.app", *words, "--loglevel=warning"]
        process = subprocess.Popen(command, env=self.started.environment(**env), process_group=0)
        self.started.started.append(process)
        return process

    def worker(self, *, concurrency=2, **env):
        return self.start("worker", f"--concurrency={concurrency}", "--without-gossip", "--without-mingle", **env)

    def beat(self, **env):
        return self.start("beat", **{"TASK_SWEEP_SECONDS": "0.2"} | env)

    def kill(self, process):
        """The worker with its processes, in the middle."""
        self.started.kill(process)


@pytest.fixture
def celery(transactional_db, tmp_path):
    if not os.environ.get("REDIS_URL"):
        pytest.skip("needs Redis and PostgreSQL")
    Broker.away_until = 0
    app.control.purge()
    with servers(tmp_path) as started:
        yield Celery(started)


def children_of(process):
    """Processes that run the tasks of a worker."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in text.split()]


def kill(pid):
    os.kill(pid, signal.SIGKILL)
