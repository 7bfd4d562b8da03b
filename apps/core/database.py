"""What PostgreSQL itself says of its tables, indexes, statements and locks. Reads only. Partitions count together."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError

Row = dict[str, Any]

# A table of fewer rows is read whole faster than by an index.
SMALL = 1_000
LONG_SECONDS = 5
VALUES = re.compile(r"""'(?:[^']|'')*(?:'|$)|(?<![\w$".])\d+(?:\.\d+)?\b""")  # texts, also one that is cut, and numbers


class NoStatistics(DomainError):
    """The database cannot answer; the message says what to do."""


@dataclass(frozen=True)
class IndexReport:
    """`use` is the share in percent of reads of large tables that went by an index; None before the first read."""

    tables: list[Row]
    indexes: list[Row]
    use: float | None

    @property
    def unused(self) -> list[Row]:
        return [row for row in self.indexes if not row["scans"] and not row["holds_a_rule"]]

    @property
    def whole(self) -> list[Row]:
        """Large tables that are read whole, those that cost most first."""
        whole = [row for row in self.tables if row["rows"] >= SMALL and row["seq_rows"]]
        return sorted(whole, key=lambda row: -row["seq_rows"])


def index_report() -> IndexReport:
    """Since the statistics were reset. Raises NoStatistics."""
    check_postgresql()
    tables, indexes = rows_of(TABLES), rows_of(INDEXES)
    large = [row for row in tables if row["rows"] >= SMALL]
    by_index, whole = sum(row["index_scans"] for row in large), sum(row["seq_scans"] for row in large)
    use = 100 * by_index / (by_index + whole) if by_index + whole else None
    return IndexReport(tables, indexes, use)


TABLES = """
SELECT coalesce(pg_partition_root(relid), relid)::regclass::text AS table, sum(n_live_tup)::bigint AS rows,
       sum(pg_total_relation_size(relid))::bigint AS bytes, sum(coalesce(idx_scan, 0))::bigint AS index_scans,
       sum(seq_scan)::bigint AS seq_scans, sum(seq_tup_read)::bigint AS seq_rows,
       sum(n_tup_upd)::bigint AS updates, sum(n_tup_hot_upd)::bigint AS heap_only_updates
FROM pg_stat_user_tables GROUP BY 1 ORDER BY bytes DESC, 1
"""
INDEXES = """
SELECT coalesce(pg_partition_root(s.relid), s.relid)::regclass::text AS table,
       coalesce(pg_partition_root(s.indexrelid), s.indexrelid)::regclass::text AS index,
       sum(pg_relation_size(s.indexrelid))::bigint AS bytes, sum(s.idx_scan)::bigint AS scans,
       sum(s.idx_tup_read)::bigint AS rows_read, bool_or(i.indisunique) AS holds_a_rule
FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid) GROUP BY 1, 2 ORDER BY 1, scans DESC, 2
"""


def statements(limit: int = 20) -> list[Row]:
    """What costs most of this database's time, from pg_stat_statements; times in ms. Raises NoStatistics."""
    check_postgresql()
    if not rows_of("SELECT 1 AS n FROM pg_extension WHERE extname = 'pg_stat_statements'"):
        raise NoStatistics(_("The extension is missing. As a superuser: CREATE EXTENSION pg_stat_statements;"))
    try:
        return rows_of(STATEMENTS, {"limit": limit})
    except DatabaseError as error:
        if "shared_preload_libraries" not in str(error):
            raise
        raise NoStatistics(
            _("pg_stat_statements is not loaded. Set shared_preload_libraries = 'pg_stat_statements' and restart.")
        ) from error


STATEMENTS = """
SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, calls, rows, total_exec_time AS total_ms,
       mean_exec_time AS mean_ms, max_exec_time AS max_ms,
       100 * total_exec_time / nullif(sum(total_exec_time) OVER (), 0) AS share,
       (100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0))::float AS cache_hits
FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY total_exec_time DESC LIMIT %(limit)s
"""


def cache_hits() -> float | None:
    """Share in percent of this database's blocks that were in PostgreSQL's memory."""
    check_postgresql()
    return rows_of(CACHE_HITS)[0]["share"]


CACHE_HITS = """
SELECT (100.0 * blks_hit / nullif(blks_hit + blks_read, 0))::float AS share FROM pg_stat_database
WHERE datname = current_database()
"""


def lock_waits() -> list[Row]:
    """Who waits for whom at this moment; `seconds` since the waiting statement began."""
    check_postgresql()
    return without_values(rows_of(LOCK_WAITS))


LOCK_WAITS = """
SELECT pid, pg_blocking_pids(pid) AS blocked_by,
       round(extract(epoch FROM clock_timestamp() - query_start), 3)::float AS seconds,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 200) AS query
FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY query_start
"""


def long_transactions(seconds: float = LONG_SECONDS) -> list[Row]:
    """Transactions that have been open for longer: they hold locks and keep dead rows from being cleared."""
    check_postgresql()
    return without_values(rows_of(LONG, {"seconds": seconds}))


LONG = """
SELECT pid, state, round(extract(epoch FROM clock_timestamp() - xact_start), 3)::float AS seconds,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 200) AS query
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND clock_timestamp() - xact_start > make_interval(secs => %(seconds)s) ORDER BY xact_start
"""


def without_values(rows: list[Row]) -> list[Row]:
    """Statements as they run have values in them, which are somebody's names and votes: nobody's business here."""
    return [row | {"query": VALUES.sub("…", row["query"])} for row in rows]


def pool_statistics() -> dict[str, int]:
    """Of this process, as psycopg_pool names them (`pool_size`, `requests_waiting`, …); empty without a pool."""
    pool = getattr(connection, "pool", None)
    return dict(pool.get_stats()) if pool else {}


def check_postgresql() -> None:
    if connection.vendor != "postgresql":
        raise NoStatistics(_("This needs PostgreSQL. Set DATABASE_URL=postgresql://…"))


def rows_of(statement: str, params: Row | None = None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
