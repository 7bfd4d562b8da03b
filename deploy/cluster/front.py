"""nginx before several instances: deploy/nginx.conf with their sockets, changed by a reload."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from deploy.cluster.instances import Instance
from tests import servers

SOURCE = Path(__file__).resolve().parents[1] / "nginx.conf"
RELOAD_SECONDS = 60.0  # on a machine that is busy
FINISH_SECONDS = 11.0  # more than nginx.conf's client_header_timeout; sockets to others may stand for hours
PASSED_OVER = "max_fails=3 fail_timeout=5s"  # one that fails so often in that time, for so long
WHO = "$remote_addr$http_user_agent"  # a page, its files and its socket are of the same release
CONF = """
{user}worker_processes 1;
worker_rlimit_nofile 65536;
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 32768; }}
http {{
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    {server}
}}
"""


class Front:
    def __init__(self, port: int, media: Path, instances: Iterable[Instance]) -> None:
        self.port, self.media, self.home = port, media, servers.private_directory()
        self.program, self.file = program(), self.home / "nginx.conf"
        self.log = self.home / "access.log"
        self.write(upstreams(instances), {})
        self.process = servers.start(self.command(), self.home, self.answers, {})

    def command(self, *words: str) -> list[str]:
        return [self.program, "-c", str(self.file), "-e", str(self.home / "error.log"), *words]

    def answers(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True

    def use(self, instances: Iterable[Instance], *, new: Iterable[Instance] = (), percent: int = 0) -> None:
        """From now on: `percent` of those who ask are answered by the `new` ones, the others by `instances`.

        When it returns, new connections come to them. Those from before are ended when they have their answer (see
        `finish`); sockets stand until they are closed.
        """
        old, new = list(instances), list(new)
        if percent:
            split = f'split_clients "{WHO}" $_new {{ {percent}% _new; * ""; }}\n'
            self.write(
                split + upstreams(old) + upstreams(new, "_new", spare=old),
                {"proxy_pass http://web;": "proxy_pass http://web$_new;",
                 "proxy_pass http://live;": "proxy_pass http://live$_new;"},
            )  # fmt: skip
        else:
            self.write(upstreams(old), {})
        self.reload()

    def write(self, upstream: str, passed: dict[str, str]) -> None:
        text = SOURCE.read_text()
        ours = {
            "upstream web { server web:8000; keepalive 32; }\n": upstream,
            "upstream live { server live:8000; }\n": "",
            "listen 80;": f"listen 127.0.0.1:{self.port} backlog=4096;",
            "/var/log/nginx/access.log": str(self.log),
            "/data/media/": f"{self.media}/",
        }
        for theirs, mine in (ours | passed).items():
            if theirs not in text:
                raise servers.ServiceError(f"deploy/nginx.conf has no {theirs!r} any more.")
            text = text.replace(theirs, mine)
        user = "" if os.geteuid() else "user root;\n"  # whose sockets are in folders that nobody else can enter
        self.file.write_text(CONF.format(user=user, home=self.home, server=text))

    def reload(self) -> None:
        """Raises ServiceError where nginx does not take it, and goes on as before."""
        tried = subprocess.run(self.command("-t"), capture_output=True, text=True, check=False)
        if tried.returncode:
            raise servers.ServiceError(f"nginx: {tried.stderr[-800:]}")
        before = set(self.workers())
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_SECONDS
        while not (set(self.workers()) - before and all(map(is_ending, before))):
            if time.monotonic() > deadline:
                raise servers.ServiceError(f"nginx does not reload: {(self.home / 'error.log').read_text()[-800:]}")
            time.sleep(0.02)

    def finish(self) -> None:
        """Waits for the workers from before the last reload: the requests that they have taken are answered."""
        deadline = time.monotonic() + FINISH_SECONDS
        while len(self.workers()) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


def program() -> str:
    """Raises ServiceError where there is none. Who is not root may not have it in PATH."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if not found:
        raise servers.ServiceError("No nginx. Install nginx (Debian: nginx-light).")
    return found


def upstreams(instances: Iterable[Instance], suffix: str = "", spare: Iterable[Instance] = ()) -> str:
    """`spare`: are asked while none of the others answers."""
    instances, spare = list(instances), list(spare)
    ways = {"web": ("", "keepalive 32;"), "live": ("least_conn;", "")}  # one that has just begun gets the next sockets
    return "".join(
        f"upstream {kind}{suffix} {{ {before} {places(kind, instances)} {places(kind, spare, 'backup')} {after} }}\n"
        for kind, (before, after) in ways.items()
    )


def places(kind: str, instances: Iterable[Instance], more: str = "") -> str:
    return " ".join(f"server unix:{one.socket} {PASSED_OVER} {more};" for one in instances if one.kind == kind)


def is_ending(worker: psutil.Process) -> bool:
    try:
        return worker.status() == psutil.STATUS_ZOMBIE or "shutting down" in " ".join(worker.cmdline())
    except psutil.NoSuchProcess:
        return True
