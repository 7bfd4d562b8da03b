"""PostgreSQL clusters that archive their log as deploy/wal.sh has it, can be killed, and restored elsewhere."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.servers import STARTED, find_postgres, postgres_account, private_directory, reachable, start_postgres

SCRIPT = Path(__file__).resolve().parent.parent / "deploy" / "wal.sh"


class Cluster:
    """One at a time. `timeout`: seconds after which a part of its log that is not full is archived too.

    `fsync`: off where only its processes die, and how fast it is does not matter.
    """

    def __init__(self, timeout: int = 60, *, fsync: str = "on") -> None:
        self.account, self.home = postgres_account(), private_directory()
        self.home.chmod(0o755)
        self.backups, self.data = self.home / "backups", self.home / "data"
        self.script = shutil.copy(SCRIPT, self.home)  # a checkout may be closed to the server's account
        self.programs = reachable(find_postgres(), self.home) if self.account else find_postgres()
        self.own(self.home)
        self.start()
        archive = f"BACKUPS={self.backups} sh {self.script} archive %p %f"
        settings = {"archive_mode": "on", "archive_timeout": timeout, "archive_command": archive, "fsync": fsync}
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.start()

    def start(self) -> None:
        """As on a machine, where what was committed is on the disk."""
        self.url = start_postgres(kept=self.data)
        self.process = STARTED[-1][0]

    def kill(self) -> None:
        """All of its processes at once."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()  # first: it would start others
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.wait()

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """wal.sh, as whoever the server runs as."""
        env |= {"PATH": f"{self.programs}:{os.environ['PATH']}", "BACKUPS": str(self.backups), "PGDATA": str(self.data)}
        env |= {"PGHOST": self.url.partition("?host=")[2]}
        options: dict[str, Any] = {"cwd": self.home, "env": env, **self.account}
        return subprocess.run(["sh", self.script, *words], capture_output=True, text=True, check=False, **options)

    def archive_the_rest(self) -> None:
        """What the killed one had written and not archived."""
        for file in sorted((self.data / "pg_wal").glob("[0-9A-F]" * 24)):
            done = self.run("archive", str(file), file.name)
            assert not done.returncode, done.stderr

    def restore(self, name: str, *until: str, archives: bool = True) -> None:
        """Elsewhere, and starts it. One that does not archive leaves the archive as it is: a drill."""
        self.data = self.home / name
        done = self.run("restore", *until)
        assert not done.returncode, done.stderr
        if not archives:
            with (self.data / "postgresql.auto.conf").open("a") as settings:
                settings.write("archive_mode = off\n")
        self.start()

    def own(self, folder: Path) -> None:
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])
