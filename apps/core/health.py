"""What balancers, Docker and Kubernetes ask of each process, by its address: no name of ours need be said.

`/healthz`: it lives and answers; one that does not is started anew. `/readyz`: it may be sent people, since the
database answers and has every migration that this release knows; else 503, and why.
"""

import threading
import time

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from apps.core.middleware import GetResponse

HEALTH, READY = "/healthz", "/readyz"
KEPT = 1.0  # seconds that what a process has found holds, so that asking more often costs nothing
PATIENCE = 2.0  # seconds that somebody waits for another who looks
NO_DATABASE = "the database does not answer"
NO_TABLES = "run manage.py migrate: the database is older than this release"


class Health:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.readiness = Readiness()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == HEALTH and request.method in {"GET", "HEAD"}:
            return said("ok")
        if request.path_info == READY and request.method in {"GET", "HEAD"}:
            why = self.readiness.why_not()
            return said(f"not ready: {why}", 503) if why else said("ready")
        return self.get_response(request)


class Readiness:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found = NO_DATABASE
        self.until = 0.0
        self.is_migrated = False  # once it is, it stays so while this process lives

    def why_not(self) -> str:
        """Empty: it is ready."""
        if not self.lock.acquire(timeout=PATIENCE):
            return NO_DATABASE
        try:
            if time.monotonic() >= self.until:
                self.found = self.look()
                self.until = time.monotonic() + KEPT
            return self.found
        finally:
            self.lock.release()

    def look(self) -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            self.is_migrated = self.is_migrated or is_migrated()
        except Error:
            return NO_DATABASE
        return "" if self.is_migrated else NO_TABLES


def is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def said(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
