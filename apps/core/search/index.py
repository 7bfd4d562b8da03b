"""What makes terms fast to find: indexes and triggers of the database, for the migrations of whoever has terms.

PostgreSQL: a GIN index over the terms as a tsvector, for a large table one a tier; SQLite: an FTS5 table beside it.
Triggers note every term once in `core_term`, from which slips are corrected: on PostgreSQL by what is left of a term
without one letter or two, on SQLite by trigrams.

SQLite drops the triggers of a table that a later migration rebuilds: end such a migration with `index`.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

POSTGRESQL_TERMS = """
CREATE TABLE core_term (term text COLLATE "C" PRIMARY KEY);
CREATE INDEX terms_by_trigram ON core_term USING gin (term gin_trgm_ops);

-- In one order, so that two imports wait for each other and never in a circle. Most are known: to ask for each whether
-- it is would take a plan, and that would be made while the table is empty.
CREATE FUNCTION core_rows_have_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_term SELECT DISTINCT term FROM new_rows, unnest(string_to_array(new_rows.terms, ' ')) AS w (term)
    WHERE term NOT LIKE '@%' ORDER BY term ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION core_row_has_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_term SELECT DISTINCT term FROM unnest(string_to_array(NEW.terms, ' ')) AS w (term)
    WHERE term NOT LIKE '@%' ORDER BY term ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
# W. Garbe's SymSpell (2012): two terms that are one slip apart are alike without a letter each, or one of them is;
# longer ones may be two apart, and of them the beginning will do.
POSTGRESQL_SLIPS = """
DROP INDEX IF EXISTS terms_by_trigram;
CREATE FUNCTION core_slips(term text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    WITH begins (b) AS (SELECT left(term, 7)),
    one (o) AS (
        SELECT b FROM begins
        UNION SELECT overlay(b placing '' from n for 1) FROM begins, generate_series(1, length(b)) n WHERE length(b) > 2
    ),
    two (o) AS (
        SELECT o FROM one
        UNION SELECT overlay(o placing '' from n for 1) FROM one, generate_series(1, length(o)) n WHERE length(term) > 5
    )
    SELECT array_agg(o) FROM two
$$;
CREATE INDEX terms_by_slip ON core_term USING gin (core_slips(term));

CREATE OR REPLACE FUNCTION core_rows_have_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_term SELECT DISTINCT term FROM new_rows, unnest(string_to_array(new_rows.terms, ' ')) AS w (term)
    WHERE left(term, 1) NOT IN ('@', '^') ORDER BY term ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION core_row_has_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_term SELECT DISTINCT term FROM unnest(string_to_array(NEW.terms, ' ')) AS w (term)
    WHERE left(term, 1) NOT IN ('@', '^') ORDER BY term ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
POSTGRESQL_TRIGGERS = """
CREATE OR REPLACE TRIGGER new_terms AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core_rows_have_terms();
CREATE OR REPLACE TRIGGER other_terms AFTER UPDATE OF terms ON {table}
    FOR EACH ROW WHEN (OLD.terms IS DISTINCT FROM NEW.terms) EXECUTE FUNCTION core_row_has_terms()
"""
POSTGRESQL_INDEX = """
CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin (array_to_tsvector(string_to_array(terms, ' ')))
WITH (gin_pending_list_limit = 256) {where}
"""
# What was written last waits in a list that each search reads whole; VACUUM empties it, and this.
POSTGRESQL_SETTLED = """
SELECT gin_clean_pending_list(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = %s::regclass AND relname ~ '_terms'
"""
POSTGRESQL_KNOWN = """
INSERT INTO core_term SELECT DISTINCT term FROM {table}, unnest(string_to_array(terms, ' ')) AS term
WHERE left(term, 1) NOT IN ('@', '^') ON CONFLICT DO NOTHING
"""
# What a table had before: its rows are written anew without it, and then `index` makes it again.
POSTGRESQL_NO_INDEX = "DROP INDEX IF EXISTS {name}"

SQLITE_TERMS = """
CREATE TABLE core_term (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE core_term_fts USING fts5 (term, content='core_term', content_rowid='id', tokenize='trigram');
CREATE TRIGGER core_term_new AFTER INSERT ON core_term BEGIN
    INSERT INTO core_term_fts (rowid, term) VALUES (NEW.id, NEW.term);
END;
CREATE TRIGGER core_term_gone AFTER DELETE ON core_term BEGIN
    INSERT INTO core_term_fts (core_term_fts, rowid, term) VALUES ('delete', OLD.id, OLD.term);
END;
"""
# A term holds neither quotes nor spaces.
SQLITE_INDEX = """
CREATE VIRTUAL TABLE IF NOT EXISTS {table}_fts USING fts5 (
    terms, content='{table}', content_rowid='id', prefix='1 3',
    tokenize="unicode61 remove_diacritics 0 tokenchars '@^-'"
);
DROP TRIGGER IF EXISTS {table}_terms_new;
CREATE TRIGGER {table}_terms_new AFTER INSERT ON {table} BEGIN
    INSERT INTO {table}_fts (rowid, terms) VALUES (NEW.id, NEW.terms);
    INSERT OR IGNORE INTO core_term (term)
    SELECT value FROM json_each('["' || replace(NEW.terms, ' ', '","') || '"]')
    WHERE substr(value, 1, 1) NOT IN ('@', '^', '');
END;
DROP TRIGGER IF EXISTS {table}_terms_other;
CREATE TRIGGER {table}_terms_other AFTER UPDATE OF terms ON {table} WHEN OLD.terms IS NOT NEW.terms BEGIN
    INSERT INTO {table}_fts ({table}_fts, rowid, terms) VALUES ('delete', OLD.id, OLD.terms);
    INSERT INTO {table}_fts (rowid, terms) VALUES (NEW.id, NEW.terms);
    INSERT OR IGNORE INTO core_term (term)
    SELECT value FROM json_each('["' || replace(NEW.terms, ' ', '","') || '"]')
    WHERE substr(value, 1, 1) NOT IN ('@', '^', '');
END;
DROP TRIGGER IF EXISTS {table}_terms_gone;
CREATE TRIGGER {table}_terms_gone AFTER DELETE ON {table} BEGIN
    INSERT INTO {table}_fts ({table}_fts, rowid, terms) VALUES ('delete', OLD.id, OLD.terms);
END;
INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild');
INSERT OR IGNORE INTO core_term (term)
SELECT DISTINCT value FROM {table}, json_each('["' || replace(terms, ' ', '","') || '"]')
WHERE substr(value, 1, 1) NOT IN ('@', '^', '');
"""

SQLITE_NO_INDEX = """
DROP TRIGGER IF EXISTS {table}_terms_new;
DROP TRIGGER IF EXISTS {table}_terms_other;
DROP TRIGGER IF EXISTS {table}_terms_gone;
DROP TABLE IF EXISTS {table}_fts;
"""

Step = Callable[[Any, Any], None]


def note_terms(apps: Any, schema_editor: Any) -> None:
    """The table of all terms."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_TERMS, params=None)
    else:
        run(schema_editor, SQLITE_TERMS)


def note_slips(apps: Any, schema_editor: Any) -> None:
    """What is like a term."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_SLIPS, params=None)


def no_index(table: str, tiers: Sequence[int] = ()) -> Step:
    """A step of a migration that writes the terms of all rows anew."""

    def step(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for name in names(table, tiers):
                schema_editor.execute(POSTGRESQL_NO_INDEX.format(name=name), params=None)
        else:
            run(schema_editor, SQLITE_NO_INDEX.format(table=table))

    return step


def names(table: str, tiers: Sequence[int]) -> dict[str, str]:
    """The indexes of a table, and of which rows."""
    return {f"{table}_terms_{tier}": f"WHERE tier = {tier}" for tier in tiers} or {f"{table}_terms": ""}


def index(table: str, tiers: Sequence[int] = ()) -> Step:
    """A step of a migration. What is in the table then can be found by its terms, and what comes later."""

    def step(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            wheres = names(table, tiers).items()
            indexes = [POSTGRESQL_INDEX.format(name=name, table=table, where=where) for name, where in wheres]
            for statement in (POSTGRESQL_TRIGGERS.format(table=table), *indexes, POSTGRESQL_KNOWN.format(table=table)):
                schema_editor.execute(statement, params=None)
        else:
            run(schema_editor, SQLITE_INDEX.format(table=table))

    return step


def settle(table: str) -> None:
    """After many rows have changed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_SETTLED, [table])


def run(schema_editor: Any, script: str) -> None:
    """Statement by statement: sqlite3 takes one at a time inside a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement) and statement.strip():
            schema_editor.execute(statement, params=None)
            statement = ""
