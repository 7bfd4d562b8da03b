"""The processes of production on this machine, on private stores. Each can be killed, paused, and begun again where it
was: a store on the same data, a server at the same port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import psycopg
from redis import Redis

from loadtests.machine import CORES, set_up
from tests import servers

GUNICORN = ["-m", "gunicorn", "-c", "deploy/gunicorn.py"]
WEB = [*GUNICORN, "--workers", "2", "jamvote.wsgi"]
LIVE = [*GUNICORN, "--workers", "1", "-k", "uvicorn_worker.UvicornWorker", "jamvote.asgi"]
CELERY = ["-m", "celery", "-A", "loadtests.tasks_app"]
WORKER = [*CELERY, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=warning"]
BEAT = [*CELERY, "beat", "--loglevel=warning"]
SWEEP = "0.5"  # seconds
ENDS = 20  # seconds that a process which was killed may still be there
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass
class Part:
    """A process with all that it has started."""

    start: Callable[[], Any]
    process: subprocess.Popen[bytes]

    def begin(self) -> None:
        self.start()
        self.process = servers.STARTED[-1][0]

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def all(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *self.children()]

    def kill(self) -> None:
        """kill -9, all of it at once, as when a machine goes."""
        everything = self.all()
        send(signal.SIGKILL, everything)
        self.process.wait()
        psutil.wait_procs(everything[1:], ENDS)

    def end(self) -> None:
        """As PostgreSQL is told to end at once, and cleanly."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(ENDS)


def send(number: signal.Signals, processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


@contextmanager
def standing_still(processes: list[psutil.Process]) -> Iterator[None]:
    send(signal.SIGSTOP, processes)
    try:
        yield
    finally:
        send(signal.SIGCONT, processes)


def serve(command: list[str], port: int = 0, **env: str) -> None:
    def answers() -> bool:
        if port:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True

    where = ["-b", f"127.0.0.1:{port}"] if port else []
    servers.start([sys.executable, *command, *where], servers.private_directory(), answers, {"env": os.environ | env})


class House:
    def __init__(self, port: int, *, tasks: bool) -> None:
        """`port` is that of web, the next one that of live; 0: any that are free. `tasks`: with a worker and beat."""
        web, live = (port, port + 1) if port else (free_port(), free_port())
        os.environ["CELERY_SKIP_CHECKS"] = "true"
        home = servers.private_directory()
        # Kept, and so durable: with synchronous_commit off a vote could be lost for that.
        start_postgres = partial(servers.start_postgres, home, kept=home / "data")
        set_up(postgres=start_postgres)
        (postgres, _home), (redis, redis_home) = servers.STARTED[-2:]
        self.postgres = Part(start_postgres, postgres)
        self.redis = Part(partial(servers.start_redis, redis_home), redis)
        if CORES:
            os.sched_setaffinity(0, set(CORES))  # they share what there is
        self.web = begun(partial(serve, WEB, web))
        self.live = begun(partial(serve, LIVE, live))
        self.tasks = tasks
        if tasks:
            self.worker = begun(partial(serve, WORKER))
            self.beat = begun(partial(serve, BEAT, TASK_SWEEP_SECONDS=SWEEP))
        self.addresses = f"http://127.0.0.1:{web}", f"ws://127.0.0.1:{live}"
        urlopen(f"{self.addresses[0]}/api/v1/").close()  # it has started then
        self.check_durable()

    def check_durable(self) -> None:
        """As the product's own connections have it."""
        from django.db import connection

        with connection.cursor() as cursor:
            for name, wanted in DURABLE.items():
                cursor.execute(f"SHOW {name}")
                if cursor.fetchone() != (wanted,):
                    raise SystemExit(f"chaos: {name} is not {wanted}, so nothing would be proven")
        connection.close()

    def begin_ended(self) -> list[str]:
        """The names of what has ended by itself, and runs again now."""
        ended = [name for name, part in self.parts().items() if part.process.poll() is not None]
        for name in ended:
            self.parts()[name].begin()
        return ended

    def end(self) -> None:
        """At once: nobody needs what they would still do."""
        for part in self.parts().values():
            if part.process.poll() is None:
                part.kill()

    def parts(self) -> dict[str, Part]:
        return {name: part for name, part in vars(self).items() if isinstance(part, Part)}

    def redis_client(self) -> Redis:
        return Redis.from_url(os.environ["REDIS_URL"])

    def rows(self, sql: str, *params: Any) -> list[Any]:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            return connection.execute(sql, params).fetchall()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def begun(start: Callable[[], Any]) -> Part:
    start()
    return Part(start, servers.STARTED[-1][0])


def keep_logs(folder: Path) -> None:
    """Those of all processes that were begun; of a store that was begun again, the last one's."""
    folder.mkdir(parents=True, exist_ok=True)
    last = {home: process for process, home in servers.STARTED}
    for number, (home, process) in enumerate(last.items()):
        name = next((word for word in ("postgres", "redis", "wsgi", "asgi", "worker", "beat")
                     if any(word in str(part) for part in process.args)), "process")  # fmt: skip
        if (home / "log").exists():
            shutil.copyfile(home / "log", folder / f"{number:03}-{name}")
