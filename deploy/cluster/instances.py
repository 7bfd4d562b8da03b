"""One process of production, as a service of a machine has it: begun, ready, drained."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.local import BACKGROUND, SERVERS
from tests import servers

READY_SECONDS = 300.0  # for one that starts, on a machine that is busy
DRAIN_SECONDS = 30.0  # longer than deploy/gunicorn.py and TASK_GRACE_SECONDS let what runs go on


@dataclass(frozen=True)
class Release:
    """`application`: the package that has `wsgi` and `asgi`; `tasks`: Celery's; `env`: settings that it has."""

    name: str
    application: str = "jamvote"
    tasks: str = "jamvote"
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    kind: str
    name: str
    release: Release
    process: subprocess.Popen[bytes]
    home: Path

    @property
    def socket(self) -> Path:
        return self.home / "http"

    @property
    def serves(self) -> bool:
        return self.kind in SERVERS

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def is_ready(self) -> bool:
        """Of what serves, as it says itself. What works in the background begins when it can."""
        if not self.serves:
            return True
        try:
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket))) as client:
                return client.get("http://localhost/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def begin(kind: str, number: int, release: Release) -> Instance:
    """In the main thread, with which it ends. It is not ready yet."""
    home, name = servers.private_directory(), f"{kind}-{number}"
    process = servers.start(command(kind, name, release, home), home, lambda: True, {"env": environment(release)})
    return Instance(kind, name, release, process, home)


def command(kind: str, name: str, release: Release, home: Path) -> list[str]:
    if kind in SERVERS:
        *words, application = SERVERS[kind]
        return [*words, application.replace("jamvote", release.application), "-b", f"unix:{home}/http"]
    words = [release.tasks if word == "jamvote" else word for word in BACKGROUND[kind]]
    return [*words, f"--hostname={name}@%h"] if kind == "worker" else words


def environment(release: Release) -> dict[str, str]:
    return os.environ | {"RELEASE": release.name} | release.env


def wait_until_ready(instances: Iterable[Instance]) -> None:
    """Raises ServiceError for one that ends, or is not ready in time."""
    deadline = time.monotonic() + READY_SECONDS
    for one in instances:
        while not one.is_ready():
            if one.has_ended or time.monotonic() > deadline:
                raise servers.ServiceError(f"{one.name} is not ready: {(one.home / 'log').read_text()[-800:]}")
            time.sleep(0.1)


def drain(instances: Iterable[Instance]) -> None:
    """What they do is done first; sockets are told to come back (1012), tasks that take long are given back."""
    instances, deadline = list(instances), time.monotonic() + DRAIN_SECONDS
    for one in instances:
        one.process.terminate()
    for one in instances:
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(max(0.0, deadline - time.monotonic()))
        kill(one)


def kill(instance: Instance) -> None:
    """With all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(instance.process.pid, signal.SIGKILL)
    instance.process.wait()
