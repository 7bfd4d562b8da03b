"""The units of deploy/systemd: systemd takes them, they are closed, and start what the other ways start."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local import BACKGROUND, SERVERS

UNITS = Path("deploy/systemd")
EXPOSURE = 25  # tenths, of `systemd-analyze security`: 10.0 is a service without any bounds
INSTANCES = {
    "web": "jamvote-web@8001",
    "live": "jamvote-live@8101",
    "worker": "jamvote-worker@1",
    "beat": "jamvote-beat",
}
analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")


@pytest.fixture
def examined(tmp_path):
    """With a program that is there in place of one that is not installed."""
    folder = shutil.copytree(UNITS, tmp_path / "units")
    for unit in folder.glob("*.service"):
        unit.write_text(re.sub(r"/srv/jamvote/\S+", "/bin/true", unit.read_text()))

    def run(*words):
        env = os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:"}
        return subprocess.run(["systemd-analyze", *words], env=env, capture_output=True, text=True)

    return run


@analyze
@pytest.mark.parametrize("name", [*(f"{one}.service" for one in INSTANCES.values()), "jamvote.target"])
def test_systemd_takes_each_unit(examined, name):
    said = examined("verify", "--man=no", name)

    assert (said.returncode, said.stderr) == (0, "")


@analyze
@pytest.mark.parametrize("name", INSTANCES.values())
def test_each_service_is_closed_but_for_what_it_needs(examined, name):
    said = examined("security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}", f"{name}.service")

    assert said.returncode == 0, said.stdout[-300:]


@pytest.mark.skipif(not shutil.which("systemctl"), reason="no systemctl")
def test_what_is_enabled_comes_with_the_machine(tmp_path):
    """`systemctl enable` reads no [Install] of a file that several units share."""
    there = shutil.copytree(UNITS, tmp_path / "etc/systemd/system")

    subprocess.run(["systemctl", f"--root={tmp_path}", "enable", "jamvote.target", *INSTANCES.values()], check=True)

    assert [link.name for link in there.glob("multi-user.target.wants/*")] == ["jamvote.target"]
    assert {link.stem for link in there.glob("jamvote.target.wants/*")} == set(INSTANCES.values())


@pytest.mark.parametrize("kind", INSTANCES)
def test_a_unit_starts_what_serve_starts(kind):
    file = UNITS / (re.sub(r"@.*", "@", INSTANCES[kind]) + ".service")
    [line] = re.findall(r"^ExecStart=/srv/jamvote/.venv/bin/(.*)$", file.read_text(), re.MULTILINE)
    program, *words = (SERVERS | BACKGROUND)[kind][2:]

    said = line.replace("-c ", "--config ").split()
    assert said[0] == program
    assert [word for word in words if word not in said] == []
