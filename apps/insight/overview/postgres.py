"""What PostgreSQL itself says at this moment: slow statements, who waits for whom, what has been open for long."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from apps.core import database
from apps.core.database import NoStatistics, Row

STATEMENTS = 10


@dataclass(frozen=True)
class Postgres:
    """`missing`: why there are no statements, and what to do."""

    statements: list[Row] = field(default_factory=list)
    missing: Any = ""
    lock_waits: list[Row] = field(default_factory=list)
    long_transactions: list[Row] = field(default_factory=list)


def postgres() -> Postgres | None:
    """None on another database. Four queries."""
    if connection.vendor != "postgresql":
        return None
    statements: list[Row] = []
    missing: Any = ""
    try:
        statements = database.statements(STATEMENTS)
    except NoStatistics as error:
        missing = error.message
    return Postgres(statements, missing, database.lock_waits(), database.long_transactions())
