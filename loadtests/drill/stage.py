"""The instances of deploy/cluster, as a night of loadtests/chaos knows its house."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg

from deploy.cluster.house import House
from deploy.cluster.instances import Instance, Release
from loadtests.chaos.house import Part, free_port
from tests import servers

UNTIMED = 300  # seconds that a request may take where no times are judged
SHORT = {"live": 2, "web": 2}


class Stage(House):
    def __init__(self, port: int, *, short: bool, timed: bool) -> None:
        """0: any port that is free. `short`: without what works in the background, and one replica. Where it is not
        `timed`, nothing is refused because it comes late."""
        port = port or free_port()
        os.environ |= {} if timed else {"LATE_SECONDS": str(UNTIMED)}
        release = Release("1", tasks="loadtests.tasks_app")
        if short:
            super().__init__(port, release, sizes=SHORT, replicas=1)
        else:
            super().__init__(port, release)
        self.tasks = not short
        self.addresses = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"

    def begin_stores(self, replicas: int) -> None:
        super().begin_stores(replicas)
        self.redis = part(servers.start_redis, Path(os.environ["REDIS_URL"].removeprefix("unix://")).parent)
        self.replicas = [part(servers.start_postgres, home) for home in self.replica_homes]

    def rows(self, sql: str, *params: Any) -> list[Any]:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            return connection.execute(sql, params).fetchall()

    def of_kind(self, kind: str) -> list[Instance]:
        return [one for one in self.instances if one.kind == kind]

    def replica_reads(self, outcome: str) -> int:
        """Of the web instances that there are, each of which counts its own."""
        return sum(counted(one, f'replica_reads_total{{outcome="{outcome}"}} ') for one in self.of_kind("web"))


def part(start: Any, home: Path) -> Part:
    """A store that was begun there, to be killed and begun again."""
    return Part(partial(start, home), next(process for process, at in servers.STARTED if at == home))


def counted(instance: Instance, name: str) -> int:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(instance.socket))) as client:
        token = {"Authorization": f"Bearer {os.environ['METRICS_TOKEN']}"}
        lines = client.get("http://localhost/metrics", headers=token, timeout=30).text.splitlines()
    return next((int(float(line.removeprefix(name))) for line in lines if line.startswith(name)), 0)
