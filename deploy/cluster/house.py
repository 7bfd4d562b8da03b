"""Several instances of everything on this machine, behind nginx, and what they share: stores and files."""

import itertools
import os
import secrets
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.cluster.front import Front
from deploy.cluster.instances import Instance, Release, begin, drain, kill, wait_until_ready
from deploy.local import MANAGE
from tests import servers

# In the order in which they are replaced: no task of a new release may meet a worker that does not know it.
SIZES = {"worker": 2, "beat": 1, "live": 2, "web": 2}
REPLICAS = 2
NOT_FROM_OUTSIDE = ("DATABASE_URL", "DATABASE_REPLICAS", "DATABASE_POOL", "REDIS_URL", "TASK_BROKER_URL", "PUBLIC_URL",
                    "ALLOWED_HOSTS", "DEBUG", "WEB_CONCURRENCY", "RELEASE")  # fmt: skip


class House:
    def __init__(
        self, port: int, release: Release, *, sizes: Mapping[str, int] = SIZES, replicas: int = REPLICAS
    ) -> None:
        """Everything is ready when it returns; what was done is gone with this process."""
        for name in NOT_FROM_OUTSIDE:
            os.environ.pop(name, None)
        self.begin_stores(replicas)
        data = servers.private_directory()  # on several machines: a mount that all have
        for folder in ("static", "media"):
            (data / folder).mkdir()
        os.environ |= {
            "SECRET_KEY": secrets.token_hex(32),
            "METRICS_TOKEN": secrets.token_hex(32),
            "DATA_DIR": str(data),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TRUSTED_PROXIES": "unix",
            "LOG_LEVEL": "WARNING",
        }
        os.environ.setdefault("TASK_GRACE_SECONDS", "2")
        os.environ.setdefault("CELERY_SKIP_CHECKS", "true")
        subprocess.run([*MANAGE, "migrate", "-v0"], check=True)
        self.numbers = itertools.count(1)
        self.instances = self.begun([kind for kind, size in sizes.items() for _ in range(size)], release)
        self.front = Front(port, data / "media", self.instances)

    def begin_stores(self, replicas: int) -> None:
        """PostgreSQL as on a machine, where what was committed is on the disk."""
        home = servers.private_directory()
        os.environ["DATABASE_URL"] = primary = servers.start_postgres(home, kept=home / "data")
        urls = [servers.start_replica(primary) for _ in range(replicas)]
        os.environ["DATABASE_REPLICAS"] = ",".join(urls)
        self.replica_homes = [Path(url.partition("?host=")[2]) for url in urls]
        os.environ["REDIS_URL"] = servers.start_redis()

    def begun(self, kinds: Iterable[str], release: Release) -> list[Instance]:
        """All at once. Where one is not ready in time, none of them stays."""
        new = [begin(kind, next(self.numbers), release) for kind in kinds]
        try:
            wait_until_ready(new)
        except servers.ServiceError:
            for one in new:
                kill(one)
            raise
        return new

    def replace(self, old: list[Instance], release: Release) -> list[Instance]:
        """The new ones are ready before the old ones are told to end, and nobody is asked who ends."""
        new = self.begun([one.kind for one in old], release)
        self.take(old, new)
        return new

    def take(self, old: list[Instance], new: list[Instance]) -> None:
        self.instances = [*(one for one in self.instances if one not in old), *new]
        if any(one.serves for one in [*old, *new]):
            self.front.use(self.instances)
        self.let_go(old)

    def let_go(self, old: list[Instance]) -> None:
        """Who is asked no more. Web last: what nginx had taken before is still asked of them, and with the sockets
        that it had to live instances its workers from before end."""
        drain(one for one in old if one.kind != "web")
        if web := [one for one in old if one.kind == "web"]:
            self.front.finish()
            drain(web)

    def begin_ended(self) -> list[str]:
        """The names of what has ended by itself, in whose place others run now. Raises ServiceError for nginx."""
        if self.front.process.poll() is not None:
            raise servers.ServiceError(f"nginx has ended: {(self.front.home / 'error.log').read_text()[-800:]}")
        ended = [one for one in self.instances if one.has_ended]
        for one in ended:
            kill(one)  # what it has left behind
            self.replace([one], one.release)
        return [one.name for one in ended]
