"""The folder in which the processes of a service measure: whose it is, when it goes, and who is no longer counted."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.core import metrics_folder
from apps.core.metrics_folder import FOLDER, SHARED, is_shared, make_folder, of_the_gone, share_folder

START = """
import os, sys
from apps.core.metrics_folder import make_folder
print(make_folder(sys.argv[1]), flush=True)
if sys.argv[2] == "with a child" and os.fork() == 0:
    sys.exit()  # which ends first, and by its atexit
if sys.argv[2] == "with a child":
    os.wait()
    print(os.path.exists(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
if sys.argv[2] == "killed":
    os._exit(1)
"""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    for name in (FOLDER, SHARED):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(metrics_folder.atexit, "register", lambda do: None)


def started(where, how):
    command = [sys.executable, "-c", START, str(where), how]
    return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout.split()


def test_it_goes_with_the_service_that_made_it(tmp_path):
    [folder] = started(tmp_path, "alone")

    assert folder.startswith(str(tmp_path))
    assert not Path(folder).exists()


def test_it_does_not_go_with_a_process_that_the_service_started(tmp_path):
    folder, there_after_the_child = started(tmp_path, "with a child")

    assert there_after_the_child == "True"
    assert not Path(folder).exists()


def test_what_a_killed_service_left_goes_when_another_starts(tmp_path):
    [left] = started(tmp_path, "killed")
    assert Path(left).exists()

    folder = make_folder(str(tmp_path))

    assert not Path(left).exists()
    assert os.environ[FOLDER] == folder


def test_one_that_is_shared_is_taken_by_all_and_made_by_none(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics_folder, "MEMORY", str(tmp_path))
    share_folder()
    assert is_shared()
    assert FOLDER not in os.environ  # who shares it measures nothing

    assert make_folder() == make_folder() == os.environ[SHARED] == os.environ[FOLDER]
    assert len(list(tmp_path.iterdir())) == 1


def test_those_are_gone_whose_process_is(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    ended = multiprocessing.get_context("spawn").Process(target=int)
    ended.start()
    ended.join()
    for name in (f"gauge_liveall_{os.getpid()}", f"gauge_liveall_{ended.pid}", f"gauge_livesum_{ended.pid}",
                 f"counter_{ended.pid}", f"gauge_sum_{ended.pid}", "gauge_liveall_1"):  # fmt: skip
        (tmp_path / f"{name}.db").touch()

    assert list(of_the_gone()) == [ended.pid]
