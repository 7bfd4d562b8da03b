"""No migration holds up people who vote, or the release before that serves them meanwhile: the SQL of each is read as
PostgreSQL would get it. docs/database.md, *Migrations*, says what to write instead."""

import re

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

pytestmark = [pytest.mark.services, pytest.mark.django_db]

# The last ones of before the first release: nobody had a database that was in use.
FIRST_RELEASE = {
    "accounts": "0005", "catalog": "0014", "core": "0003", "insight": "0001", "jams": "0013", "reports": "0001",
    "stage": "0004", "tasks": "0001", "voting": "0003", "webhooks": "0002",
}  # fmt: skip
# What Python does cannot be read here: it was looked at, and why it is right.
PYTHON = {
    "voting.0004_month": "makes a function",
    "voting.0005_partitions": "tests/voting/test_partitions.py runs it while people vote",
}
# These break the release before: allowed in the release after the one that no longer needs what goes.
CONTRACTS: dict[str, str] = {}

NAME = r'"?([\w.]+)"?'
ALTER = rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{NAME} "
CONSTRAINT = rf"{ALTER}.*?\bADD (?:CONSTRAINT {NAME} )?"
RULES = {
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (?:ONLY )?{NAME}": "an index is made CONCURRENTLY",
    rf"{CONSTRAINT}(?:UNIQUE|PRIMARY KEY)\b(?!.*USING INDEX)": "a unique index is made CONCURRENTLY, and then used",
    rf"{CONSTRAINT}(?:CHECK|FOREIGN KEY)\b(?!.*NOT VALID)": "a rule is added NOT VALID, and then validated",
    rf"{ALTER}.*\bADD COLUMN .*\bREFERENCES\b": "a foreign key is added NOT VALID after its column, and then validated",
    rf"{ALTER}.*\bADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL": "a column has a db_default, or may be null",
    rf"{ALTER}.*\bADD COLUMN .*\bDEFAULT (?:\w+\(|CURRENT_)": "a default is a constant, or every row is written anew",
    rf"{ALTER}.*\bALTER COLUMN {NAME} DROP DEFAULT": "a default stays (db_default): the release before knows no column",
    rf"{ALTER}.*\bALTER COLUMN {NAME} TYPE": "another type is another column, with a backfill",
    rf"{ALTER}.*\bALTER COLUMN {NAME} SET NOT NULL": "a CHECK (… IS NOT NULL) is added NOT VALID, and then validated",
    rf"(?:UPDATE|DELETE FROM) {NAME}": "rows are changed by a backfill",
    rf"(?:VACUUM FULL|CLUSTER|REINDEX (?!.*CONCURRENTLY)|LOCK TABLE|TRUNCATE)\b.*?{NAME}": "nobody is locked out",
}
BREAKS = {
    rf"{ALTER}.*\bDROP COLUMN": "the release before reads that column",
    rf"{ALTER}.*\bRENAME": "the release before knows it by its name",
    rf"DROP TABLE (?:IF EXISTS )?{NAME}": "the release before reads that table",
}


def objections(sql, *, contracts=False):
    """`[(statement, what is wrong)]` of what is done to tables that were there before."""
    said = [re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", one)).strip() for one in sql]
    new = {found[1] for one in said if (found := re.match(rf"CREATE TABLE (?:IF NOT EXISTS )?{NAME}", one))}
    rules = RULES if contracts else RULES | BREAKS
    return [
        (one, reason)
        for one in said
        for rule, reason in rules.items()
        if (found := re.match(rule, one, re.IGNORECASE)) and found[1] not in new
    ]


def new_migrations():
    loader = MigrationLoader(None)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in ours and name[:4] > FIRST_RELEASE.get(app, "0000"):
            yield pytest.param(migration, id=f"{app}.{name}")


@pytest.mark.parametrize("migration", new_migrations())
def test_a_migration_holds_nobody_up(migration):
    name = f"{migration.app_label}.{migration.name}"
    sql = MigrationLoader(connection).collect_sql([(migration, False)])

    assert objections(sql, contracts=name in CONTRACTS) == []
    in_python = any(isinstance(one, migrations.RunPython) for one in migration.operations)
    assert not in_python or name in PYTHON, "say in PYTHON why what it does in Python holds nobody up"


def test_what_is_named_is_there():
    names = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}

    assert {*PYTHON, *CONTRACTS} <= names


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE INDEX one ON jams_jam (name)", "CONCURRENTLY"),
        ('CREATE UNIQUE INDEX "one" ON "jams_jam" ("name")', "CONCURRENTLY"),
        ("ALTER TABLE jams_jam ADD CONSTRAINT one UNIQUE (name)", "then used"),
        ('ALTER TABLE "jams_jam" ADD CONSTRAINT "one" CHECK (length("name") > 1)', "NOT VALID"),
        ("ALTER TABLE jams_jam ADD CONSTRAINT one FOREIGN KEY (venue_id) REFERENCES catalog_venue (id)", "NOT VALID"),
        ("ALTER TABLE jams_jam ADD COLUMN mood text NOT NULL", "db_default"),
        ("ALTER TABLE jams_jam ADD COLUMN seen timestamptz DEFAULT clock_timestamp() NOT NULL", "constant"),
        ('ALTER TABLE "jams_jam" ALTER COLUMN "mood" DROP DEFAULT', "stays"),
        ('ALTER TABLE "jams_jam" ALTER COLUMN "name" TYPE text', "another column"),
        ('ALTER TABLE "jams_jam" ALTER COLUMN "name" SET NOT NULL', "IS NOT NULL"),
        ("UPDATE jams_jam SET name = upper(name)", "backfill"),
        ("LOCK TABLE jams_jam", "locked out"),
        ('ALTER TABLE "jams_jam" DROP COLUMN "name" CASCADE', "reads that column"),
        ('ALTER TABLE "jams_jam" RENAME COLUMN "name" TO "title"', "by its name"),
        ('DROP TABLE "jams_jam" CASCADE', "reads that table"),
    ],
)
def test_it_says_no_to(sql, reason):
    [(_statement, said)] = objections(["-- a comment", sql + ";"])

    assert reason in said


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY one ON jams_jam (name)",
        "ALTER TABLE jams_jam ADD CONSTRAINT one UNIQUE USING INDEX one",
        "ALTER TABLE jams_jam ADD CONSTRAINT one CHECK (length(name) > 1) NOT VALID",
        "ALTER TABLE jams_jam VALIDATE CONSTRAINT one",
        "ALTER TABLE jams_jam ADD COLUMN month date DEFAULT '1970-01-01' NOT NULL",
        'ALTER TABLE "jams_jam" ADD COLUMN "archived_at" timestamp with time zone NULL',
        "CREATE TABLE jams_mood (id bigint)",
    ],
)
def test_it_says_nothing_to(sql):
    assert objections([sql]) == []


def test_a_table_that_is_new_may_be_made_in_any_way():
    assert objections(['CREATE TABLE "jams_mood" ("id" bigint)', 'CREATE INDEX "one" ON "jams_mood" ("id")']) == []


def test_what_django_writes_for_a_field_without_a_default_is_refused():
    migration = migrations.Migration("mood", "jams")
    migration.operations = [migrations.AddField("jam", "mood", models.CharField(max_length=9, default="calm"))]

    with connection.schema_editor(collect_sql=True) as editor:
        migration.apply(ProjectState.from_apps(apps), editor, collect_sql=True)
    sql = editor.collected_sql

    assert {reason for _statement, reason in objections(sql)} == {
        "a default stays (db_default): the release before knows no column"
    }
