"""The real server processes, on the database of the test."""

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
ASGI = ["uvicorn", "jamvote.asgi:application", "--log-level", "warning", "--port"]


@contextmanager
def servers(data_dir):
    """A function that starts one and answers its address; they end at the end."""
    started = []

    def start(command, **env):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        where = f"127.0.0.1:{port}" if command is WSGI else str(port)
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL"}  # asgi.py sets it
        env = inherited | {"DATABASE_URL": url, "DATA_DIR": str(data_dir)} | env
        started.append(subprocess.Popen([sys.executable, "-m", *command, where], env=env))
        wait_for(port)
        return f"http://127.0.0.1:{port}"

    try:
        yield start
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        assert {process.wait(20) for process in started} <= {0, -signal.SIGTERM}


def wait_for(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no server")
