"""The commands that a newcomer types."""

import os
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from itertools import chain
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from tests.processes import wait_until

TOKEN = "t0ken-" * 8
NOT_FOR_USERS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


def test_without_a_command_it_says_what_there_is():
    said = subprocess.run(["./dev"], capture_output=True, text=True)

    assert said.returncode
    assert all(command in said.stderr for command in ("./dev run", "./dev test", "./dev lint", "./dev manage"))


def test_a_taken_port_is_said_before_anything_is_done(tmp_path, dev_run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = dev_run(taken.getsockname()[1], tmp_path / "data").communicate(timeout=60)[1]

    assert "Address already in use. Choose another with --port" in said
    assert not (tmp_path / "data").exists()


def test_run_serves_a_demo_with_a_crowd_and_ends_cleanly(tmp_path, free_port, dev_run):
    process = dev_run(free_port, tmp_path, "--crowd", "3")
    addresses = read_addresses(process.stdout)
    answers = {name: httpx.get(address, timeout=30).status_code for name, address in addresses.items()}
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]

    assert answers == {"Home": 200, "Join": 200, "Phone": 200, "Big screen": 200, "Host": 302, "API": 200, "Admin": 302}
    assert process.returncode == 0
    assert "uvicorn" not in said  # a line a request, among which nobody finds the addresses


@pytest.mark.services
def test_serve_has_all_processes_at_one_address_keeps_what_was_done_and_ends_with_any_of_them(free_port, dev_run):
    with tempfile.TemporaryDirectory(dir="/tmp") as data:
        os.chmod(data, 0o755)  # PostgreSQL runs as somebody else
        process = dev_run(free_port, data, command="serve")
        addresses, everything = read_addresses(process.stdout), psutil.Process(process.pid).children(recursive=True)
        answers = {name: httpx.get(address, timeout=30).status_code for name, address in addresses.items()}
        with connect(f"ws://127.0.0.1:{free_port}/ws{urlsplit(addresses['Phone']).path}") as phone:
            first_frame = phone.recv()
            # Web speaks for all of them. What is not measured as it happens is told within seconds.
            wait_until(lambda: measured(free_port)["live_sockets", ""] == 1, 60)
        wait_until(lambda: {kind for _name, kind in measured(free_port)} >= {"web", "live", "worker", "beat"}, 120)
        live = next(child for child in everything if "jamvote.asgi" in child.cmdline())
        live.kill()
        said = process.communicate(timeout=40)[1]

        assert set(answers.values()) == {200, 302}
        assert "revision" in first_frame
        assert process.returncode == 1
        assert "live has ended" in said
        assert alive(everything) == []

        process = dev_run(free_port, data, "--crowd", "3", command="serve")
        again, everything = read_addresses(process.stdout), psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)

        assert again == addresses
        assert process.returncode == 0
        assert alive(everything) == []


def measured(port):
    """`{(metric, kind of process): sum over the processes}`."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).text
    families = text_string_to_metric_families(text)
    found = Counter()
    for one in chain.from_iterable(family.samples for family in families):
        found[one.name, one.labels.get("kind", "")] += one.value
    return found


def alive(processes):
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def dev_run():
    started = []

    def run(port, data, *args, command="run"):
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_FOR_USERS}
        env = inherited | {"DATA_DIR": str(data), "METRICS_TOKEN": TOKEN}
        started.append(
            subprocess.Popen(["./dev", command, "--port", str(port), *args], env=env, text=True, stdout=-1, stderr=-1)
        )
        return started[-1]

    yield run
    for process in started:  # where a test failed
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def read_addresses(lines):
    """Everything up to the last line of `manage.py addresses`."""
    found = {}
    for line in lines:
        name, _, rest = line.strip().partition("  ")
        if name == "Log in as":
            return found
        if "http://" in rest:
            found[name] = rest.strip()
    raise AssertionError("no addresses")
