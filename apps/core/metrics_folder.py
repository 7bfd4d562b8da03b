"""The folder into which all processes of one service write what they measure, so that any of them can add it up.

It has to be there before anybody imports prometheus_client, which looks for it then and never again.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = "/dev/shm"  # noqa: S108 — each folder in it is new, and its owner's alone


def make_folder(where: str | None = None) -> str:
    """For this process and those that it starts. Folders of services that were killed go."""
    where = where or (MEMORY if Path(MEMORY).exists() else tempfile.gettempdir())
    for old in Path(where).glob("jamvote-metrics-*-*"):
        if Path("/proc").exists() and not Path("/proc", old.name.split("-")[2]).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"jamvote-metrics-{os.getpid()}-", dir=where)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    return folder


def remove_folder() -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
