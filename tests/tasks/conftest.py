import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from apps.tasks.broker import app
from apps.tasks.sending import Broker
from tests.processes import servers, wait_until
from tests.tracker import tracker

TOKEN = "t0ken-" * 8


class Celery:
    """One worker and one beat for all tests of a module, since they need seconds to start; whoever kills one, starts
    another. They end as a system stops a service."""

    def __init__(self, started, told):
        self.started, self.told = started, told
        self.log = Path(settings.DATA_DIR, "worker.log")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.beat = self.start_beat()
        self.worker = self.start_worker()

    def start(self, *words, log=None, **env):
        command = [sys.executable, "-m", "celery", "-A", "tests.tasks.app", *words, "--loglevel=warning"]
        process = subprocess.Popen(
            command, env=self.started.environment(CELERY_SKIP_CHECKS="true", **env), process_group=0, stderr=log
        )
        self.started.started.append(process)
        return process

    def start_worker(self):
        words = ("--concurrency=4", "--without-gossip", "--without-mingle")
        env = {"TASK_GRACE_SECONDS": "2", "TASK_METRICS_PORT": str(self.port), "METRICS_TOKEN": TOKEN}
        env |= {"LOG_FORMAT": "json", "SENTRY_DSN": self.told.dsn}
        with self.log.open("ab") as log:
            worker = self.start("worker", *words, log=log, **env)
        wait_until(lambda: app.control.ping(timeout=0.5, limit=1), seconds=120)
        return worker

    def start_beat(self):
        return self.start("beat", TASK_SWEEP_SECONDS="0.2")

    def kill_worker(self):
        """With its processes, in the middle."""
        self.started.kill(self.worker)
        self.worker = self.start_worker()

    def ended_worker(self):
        """One that was told to end has, and another is there."""
        assert self.worker.wait(30) == 0
        self.started.started.remove(self.worker)
        self.worker = self.start_worker()

    def stop(self, process):
        process.terminate()
        process.wait(20)
        self.started.started.remove(process)


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        app.control.purge()
        with tracker() as told, servers(settings.DATA_DIR) as started:
            yield Celery(started, told)


@pytest.fixture
def celery(transactional_db, running):
    Broker.away_until = 0
    return running


def children_of(process):
    """Processes that run the tasks of a worker."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in text.split()]


def kill(pid):
    os.kill(pid, signal.SIGKILL)
