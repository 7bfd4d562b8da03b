"""What a benchmark runs on: private stores, the real server processes, and which core each of them has."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests import servers

WEB = ("-c", "deploy/gunicorn.py", "--workers", "1")
LIVE = (*WEB, "-k", "uvicorn_worker.UvicornWorker")
SERVED_BY = os.environ.get("SERVED_BY", sys.executable)  # a Python with what production has: see dev
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True)
class Server:
    port: int
    pids: tuple[int, ...]

    def kill(self) -> None:
        """Before this process ends, which ends it anyway."""
        for pid in self.pids:
            psutil.Process(pid).kill()


def set_up(*, services: bool = True, postgres: Callable[[], str] = servers.start_postgres) -> None:
    """Django in this process, on new stores that are migrated; without `services` on those of the embedded default."""
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "DATABASE_POOL",
        "LOCAL_COPY_SECONDS",
        "CACHED_READS",
        "DEBUG",
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
    ):
        os.environ.pop(name, None)  # the product as it comes
    pin(0)
    os.environ |= {
        "SECRET_KEY": secrets.token_hex(32),
        "DATA_DIR": str(servers.private_directory()),
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "jamvote.settings",
    }
    if services:
        os.environ |= {"DATABASE_URL": postgres(), "REDIS_URL": servers.start_redis()}
    Path(os.environ["DATA_DIR"], "static").mkdir()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def serve(application: str, *options: str, **env: str) -> Server:
    """A server process of its own on a core of its own, once it answers. It ends with this process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def answers() -> bool:
        socket.create_connection(("127.0.0.1", port)).close()
        return True

    home = servers.private_directory()
    command: list[Any] = [SERVED_BY, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", application]
    with pinned(1):
        process = servers.start(command, home, answers, {"env": os.environ | env})
    master = psutil.Process(process.pid)
    while not (workers := master.children(recursive=True)):  # the port is there before them
        time.sleep(0.02)
    return Server(port, (process.pid, *(worker.pid for worker in workers)))


def database_url(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def pin(place: int) -> None:
    if len(CORES) > 1:
        os.sched_setaffinity(0, {CORES[place]})


@contextmanager
def pinned(place: int) -> Iterator[None]:
    pin(place)
    try:
        yield
    finally:
        pin(0)


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """Of all threads of these processes, also of those that have ended."""
    if sys.platform == "linux":  # in nanoseconds: the clock of another process, see clock_getcpuclockid(3)
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def about() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    return f"{len(CORES) or os.cpu_count()} cores {model}, Python {sys.version.split()[0]}"


def command(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A management command of the product, beside the stores."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], env=os.environ | env, capture_output=True, text=True, check=False
    )
