"""The table of roles: the docs show it, and every right is asked by somebody."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.accounts.roles import MAY, Right, Role, may, roles_of
from apps.jams.models import Jam, JamHost
from tests.factories import make_jam, make_staff, make_user, make_venue

ROOT = Path(__file__).parent.parent.parent


def table_of(text):
    """`{right: roles}` of the table below “Who may what”."""
    lines = text.split("## Who may what")[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    names, _rule, *rows = rows
    return {row[0]: {name for name, cell in zip(names[1:], row[1:], strict=True) if cell} for row in rows}


def test_the_docs_show_the_table():
    shown = table_of((ROOT / "docs" / "architecture.md").read_text())

    assert shown == {str(right): {role.replace("_", "-") for role in roles} for right, roles in MAY.items()}


def test_every_right_has_its_line_and_nobody_holds_it_for_nothing():
    code = "".join(path.read_text() for path in ROOT.glob("apps/**/*.py") if path.name != "roles.py")
    asked = {Right[name] for name in re.findall(r"\bRight\.([A-Z_]+)", code)}
    by_nature = {Right.WATCH, Right.JOIN, Right.TAKE_PART}  # everybody, and who holds the secret

    assert set(MAY) == set(Right)
    assert asked | by_nature | {Right.APPOINT} == set(Right)


@pytest.mark.django_db
def test_what_somebody_is_to_a_jam_takes_one_query(django_assert_num_queries):
    owner, co_host, manager, both = (make_user() for _ in range(4))
    jam = make_jam(host=owner, venue=make_venue(manager=manager))
    jam.venue.managers.add(both)
    for user in (co_host, both):
        JamHost.objects.create(jam=jam, user=user, role="co_host")
    expected = {
        owner: {Role.OWNER}, co_host: {Role.CO_HOST}, manager: {Role.MANAGER}, both: {Role.CO_HOST, Role.MANAGER},
        make_user(): set(), make_staff(): {Role.STAFF},
    }  # fmt: skip

    for user, roles in expected.items():
        with django_assert_num_queries(1):
            assert jam.roles_of(user) == {Role.ANYBODY, Role.HOST} | roles
    with django_assert_num_queries(0):
        assert jam.roles_of(AnonymousUser()) == {Role.ANYBODY}


@pytest.mark.django_db
@pytest.mark.parametrize("right", [Right.RUN, Right.CHANGE_JAM, Right.DELETE_JAM, Right.APPOINT, Right.READ_DRAFT])
def test_a_list_holds_what_each_of_its_rows_would_say(right):
    users = [make_user(), make_user(), make_user(), make_staff(), make_user()]
    jams = [make_jam(host=users[0]), make_jam(venue=make_venue(manager=users[1])), make_jam(host=users[0])]
    JamHost.objects.create(jam=jams[2], user=users[2], role="co_host")

    for user in [*users, AnonymousUser()]:
        assert set(Jam.objects.letting(user, right)) == {jam for jam in jams if jam.lets(user, right)}


def test_who_may_no_longer_log_in_is_no_staff():
    assert not may(Right.ADMINISTER, roles_of(User(role="staff", is_active=False)))
    assert may(Right.ADMINISTER, roles_of(User(role="staff")))
