"""The walk of docs/api.md: each of its commands is run as it stands there, and answers what is printed below it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.core.models import KeptReply
from apps.jams.models import Attendee, JamSong

ROOT = Path(settings.BASE_DIR)
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
MARK = "=== command"
PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
CURLS = [f"{{}}:{PROGRAMS}", *([PROGRAMS] if shutil.which("curl", path=PROGRAMS) else [])]  # ours, and the machine's


def steps():
    """`(command, what is printed below it)`."""
    found = []
    for block in BLOCK.findall((ROOT / "docs/api.md").read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def shape(expected, actual, where="$"):
    """The same members and kinds; what is null on either side may be anything. Of a list the first stands for all."""
    if expected is None or actual is None:
        return
    assert type(expected) is type(actual), (where, expected, actual)
    if isinstance(expected, dict):
        assert set(expected) == set(actual), where
        for name in expected:
            shape(expected[name], actual[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert bool(expected) <= bool(actual), where
        for one in actual if expected else ():
            shape(expected[0], one, f"{where}[]")


@pytest.mark.django_db(transaction=True)
def test_the_walk_goes_as_it_is_printed(asgi_server, tmp_path):
    call_command("seed_demo", verbosity=0)
    ours = tmp_path / "curl"
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/curl.py "$@"\n')
    ours.chmod(0o755)

    for programs in CURLS:
        people = Attendee.objects.count()
        answers, complaints = walked(asgi_server, programs.format(tmp_path), tmp_path)

        assert len(answers) == len(steps()) > 10, complaints
        for (command, printed), answer in zip(steps(), answers, strict=True):
            assert bool(printed) == bool(answer), (command, answer, complaints)
            if printed:
                shape(json.loads(printed), json.loads(answer), command)
        assert Attendee.objects.count() == people + 1  # joined twice with one key
        assert Attendee.objects.order_by("pk").last().state == "left"
        KeptReply.objects.all().delete()  # the next one says the same key, and suggests the same song
        JamSong.objects.filter(song__title="A Song of Our Own").delete()


def walked(server, path, folder):
    """What each command answered, and what any of them complained of."""
    script = "\n".join(f"echo; echo '{MARK}'\n{command}" for command, _printed in steps())
    script = script.replace("localhost:8000", server.removeprefix("http://")).replace(
        ".venv/bin/python", sys.executable
    )
    # A busy machine needs a while to start a program, none to hear of a vote.
    script = script.replace("sleep 2; }", "sleep 1; }").replace("sleep 2", "sleep 4")
    env = {"PATH": path, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(["sh"], input=script, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    return [part.strip() for part in run.stdout.split(MARK)[1:]], run.stderr


def test_a_shape_that_differs_is_seen():
    """Or the test above would prove nothing."""
    shape({"a": [{"b": 1}], "c": None}, {"a": [{"b": 2}, {"b": 3}], "c": "x"})
    for expected, actual in [({"a": 1}, {"b": 1}), ({"a": 1}, {"a": "1"}), ({"a": [1]}, {"a": []}), ([{"a": 1}], [{}])]:
        with pytest.raises(AssertionError):
            shape(expected, actual)
