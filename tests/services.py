"""pytest plugin (`-p tests.services`): PostgreSQL and Redis for this run, where DATABASE_URL and REDIS_URL name none.

JAMVOTE_SERVICES=none starts nothing and leaves the embedded default.
"""

import atexit
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.servers import ServiceError, private_directory, start_postgres, start_redis


@pytest.hookimpl(wrapper=True)  # before pytest-django reads the settings
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Give the run its servers, and each worker its own part of them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        separate(int(worker.removeprefix("gw")))
    else:
        provide()
    return (yield)


def provide() -> None:
    os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    os.environ["DATA_DIR"] = str(private_directory())
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
    if os.environ.get("JAMVOTE_SERVICES") == "none":
        return
    try:
        os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or start_postgres()
        os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or start_redis()
    except ServiceError as error:
        raise pytest.UsageError(str(error)) from None


def separate(worker: int) -> None:
    # Publish and subscribe ignore the database number, therefore the prefix.
    os.environ["CHANNEL_PREFIX"] = f"test{worker}"
    os.environ["DATA_DIR"] += f"/{worker}"
    Path(os.environ["DATA_DIR"]).mkdir(exist_ok=True)
    if os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].split("?")[0] + f"?db={worker + 1}"


def pytest_report_header() -> list[str]:
    return [f"{name}: {os.environ.get(name) or 'embedded'}" for name in ("DATABASE_URL", "REDIS_URL")]
