"""Servers as they are run: processes of their own, stopped by a signal."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.db import connection

WSGI = ["gunicorn", "-c", "deploy/gunicorn.py", "--threads", "4", "jamvote.wsgi", "-b"]
LIVE = ["gunicorn", "-c", "deploy/gunicorn.py", "-k", "uvicorn_worker.UvicornWorker", "jamvote.asgi", "-b"]
ASGI = ["uvicorn", "jamvote.asgi:application", "--log-level", "warning", "--ws-max-size", "16384",
        "--timeout-graceful-shutdown", "2", "--no-proxy-headers", "--port"]  # fmt: skip


@contextmanager
def servers(data_dir):
    """Starts one when it is called, and answers its address; they end at the end."""
    started = Servers(data_dir)
    try:
        yield started
    finally:
        started.stop()


class Servers:
    def __init__(self, data):
        self.data = data
        self.started = []

    def __call__(self, command, port=0, **env):
        with socket.create_server(("127.0.0.1", port)) as free:
            port = free.getsockname()[1]
        where = f"127.0.0.1:{port}" if command[-1] == "-b" else str(port)
        env = self.environment(**{"PUBLIC_URL": f"http://127.0.0.1:{port}"} | env)
        words = [sys.executable, "-m", *command, where]
        self.started.append(subprocess.Popen(words, env=env, process_group=0))
        wait_for(port)
        return f"http://127.0.0.1:{port}"

    def environment(self, **env):
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL"}  # asgi.py sets it
        return inherited | {"DATABASE_URL": url, "DATA_DIR": str(self.data)} | env

    def kill(self, process):
        """With its workers, as no service may expect it."""
        self.started.remove(process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self):
        """As a system stops a service."""
        while self.started:
            process = self.started.pop()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) in (0, -signal.SIGTERM)


def wait_for(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
    raise AssertionError("no server")


def wait_until(done, seconds=30):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
