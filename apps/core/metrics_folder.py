"""The folder into which all processes of one service write what they measure, so that any of them can add it up.

It has to be there before anybody imports prometheus_client, which looks for it then and never again.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

MEMORY = "/dev/shm"  # noqa: S108 — each folder in it is new, and its owner's alone
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SHARED = "METRICS_FOLDER"  # one for all services, which whoever starts them made


def make_folder(where: str | None = None) -> str:
    """For this process and those that it starts; it goes with this one. Folders of services that were killed go too."""
    if SHARED in os.environ:
        return os.environ.setdefault(FOLDER, os.environ[SHARED])
    where = where or (MEMORY if Path(MEMORY).exists() else tempfile.gettempdir())
    for old in Path(where).glob("jamvote-metrics-*-*"):
        if not is_there(int(old.name.split("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"jamvote-metrics-{os.getpid()}-", dir=where)
    os.environ[FOLDER] = folder
    atexit.register(partial(remove_folder, folder, os.getpid()))
    return folder


def share_folder() -> None:
    """For all services that this process starts: whichever is asked speaks for all of them."""
    make_folder()
    os.environ[SHARED] = os.environ.pop(FOLDER)


def is_shared() -> bool:
    return SHARED in os.environ


def remove_folder(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # a process that it started has inherited this
        shutil.rmtree(folder, ignore_errors=True)


def of_the_gone() -> Iterator[int]:
    """Ids of processes that are no more, and of which the folder still has what they had at the moment."""
    pids = {int(file.stem.rpartition("_")[2]) for file in Path(os.environ[FOLDER]).glob("gauge_live*.db")}
    return (pid for pid in pids if not is_there(pid))


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks, and does nothing
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
