"""The API keeps to its OpenAPI description, whoever calls: schemathesis makes calls of all kinds from the description,
good and bad ones, and compares each answer with it.

Short here. `./dev test --full tests/test_api_contract.py` makes more than 10,000 cases and says how many of which.
"""

import sys
from collections import Counter
from itertools import cycle

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings
from django.urls import resolve
from schemathesis.checks import CHECKS
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

from apps.catalog.models import Venue
from apps.jams.lineup import queue_song
from apps.jams.models import Jam
from tests.described import ROLES, Description, aim, label, parts, repeatable
from tests.factories import make_jam_song
from tests.routes import MATRIX, address, filled, make_world, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
ROWS = {
    label(row): row for row in MATRIX if row.name not in {"root", "schema", "docs", "inbound"}
}  # which are not described
# What is as described and still refused, for what a description cannot say.
TIMES = "times of these centuries, one after the other"
READABLE = "a name that can be read"
MORE_IS_ASKED = {
    ("jams", "GET"): f"a venue that exists, {TIMES}",
    ("jams", "POST"): TIMES,
    ("jam", "PATCH"): TIMES,
    ("duplicate", "POST"): TIMES,
    ("jam-songs", "POST"): "a song, or title and artist, or songs, which must exist",
    ("reports", "POST"): "a jam or venue that exists, and days in their order",
    ("venue-report", "GET"): "days in their order",
    ("host-report", "GET"): "days in their order",
    ("sla", "GET"): "a month or a jam that exists, and not both",
    ("performances", "GET"): "moments of these centuries",
    ("songs", "POST"): "what a key is, and each instrument once",
    ("song", "PATCH"): "what a key is, and each instrument once",
    ("venues", "POST"): "which time zones there are",
    ("venue", "PATCH"): "which time zones there are",
    ("song-merge", "POST"): "another song of the jam",
    ("merge-songs", "POST"): "another song of the library",
    ("myself", "PATCH"): READABLE,
    ("user", "PATCH"): READABLE,
    ("me", "PATCH"): f"{READABLE}, which must not be missing: bodies of PATCH are described as optional",
    ("attendees", "POST"): READABLE,
    ("people", "POST"): READABLE,
    ("venue-song-list", "PUT"): "an address of the web, over HTTPS",
    ("webhooks", "POST"): "either a venue or a jam, which exists, and a public https address",
    ("webhook", "PATCH"): "a public https address",
    ("inboxes", "POST"): READABLE,
    ("inbox", "PATCH"): READABLE,
    ("recurrence", "PUT"): "a date to come, and days that are there until then",
}
SHOWN = {"pk", "slug", "song", "host", "delivery"}  # in addresses
made = Counter()  # cases by role, kind and first digit of the answer


@pytest.fixture(scope="module")
def api(kept):
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)  # it would end the transaction that all of this is in
    plenty = {name: (whose, (1_000_000, 60)) for name, (whose, _quota) in settings.LIMITS.items()}
    with override_settings(LIMITS=plenty):  # no call is one too many
        yield Description(make_world())
    for signal in signals:
        signal.connect(close_old_connections)


def test_everything_that_is_described_is_called(api):
    assert set(api.operations()) == set(ROWS)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_answer_is_as_described(api, row, full):
    """And somebody succeeds."""
    operation, turns, answered = api.operations()[label(row)], cycle(ROLES), Counter()

    def call(case):
        call_as(case, next(turns))

    def call_as(case, *roles):
        aim(case, there, body)
        for role in roles:
            answered[checked(api, case, role, row)] += 1

    with undone():
        there, body = target(api.world, row)
        for role in ROLES:
            example = operation.Case(path_parameters=there, headers={"If-Match": "*"}, body=body or NOT_SET)
            answered[checked(api, example, role, row)] += 1
        for case in api.coverage(operation, None if full else 5):
            call_as(case, *(ROLES if full else [next(turns)]))
        api.examples(operation, call, 30 if full else 3)

    assert answered[2], answered


@pytest.mark.parametrize("role", ROLES)
def test_answers_are_as_described_one_call_after_another(api, role, full):
    """What one call answers is what the next one is about."""

    class Calls(api.schema.as_state_machine()):
        def setup(self):
            self.before = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.before)
            super().teardown()

        def before_call(self, case):
            aim(case, known_slug(api.world, case))
            api.call_as(role, ROWS[case.operation.label])

        def validate_response(self, response, case, additional_checks=None, **options):
            compare(case, response, role, ROWS[case.operation.label], recorder=self.recorder)

    Calls.run(settings=repeatable(max_examples=40 if full else 1, stateful_step_count=10))


def test_these_were_the_cases(full, capsys):
    if full:
        with capsys.disabled():
            lines = [f"{role:10} {kind:10} {digit}xx {count:6}" for (role, kind, digit), count in sorted(made.items())]
            sys.stdout.write("\n".join(["", f"{sum(made.values())} cases", *lines, ""]))

    assert sum(made.values()) > (10_000 if full else 500)
    assert {role for role, _kind, digit in made if digit == 2} == set(ROLES)
    assert {kind for _role, kind, _digit in made} == {"row", "examples", "coverage", "fuzzing", "stateful"}


def target(world, row):
    """Where the row's thing is, and a body that is taken there."""
    at = "other" if row.name == "accept" else "own"  # the host runs their own already
    if row.name == "open":
        Jam.objects.filter(pk=world.jam.pk).update(status="draft")
    if row.name == "undo":
        queue_song(jam_song=make_jam_song(jam=world.jam), host=world.host)
    ids = resolve(address(world, row.name, at)).kwargs
    there = {{"pk": "id"}.get(name, name): value for name, value in ids.items() if name in SHOWN}
    return there, filled(world, row.body, at)


def known_slug(world, case):
    """Of the world, where the case has invented one."""
    if "slug" not in case.path_parameters or ParameterLocation.PATH in parts(case, good=False):
        return {}
    model, ours = (Venue, world.venue) if "/venues/" in case.path else (Jam, world.jam)
    found = model.objects.filter(slug=case.path_parameters["slug"]).exists()
    return {} if found else {"slug": ours.slug}


def checked(api, case, role, row):
    """The first digit of the answer. What the call has written is taken back."""
    api.call_as(role, row)
    with undone():
        response = case.call()
        compare(case, response, role, row)
    return response.status_code // 100


def compare(case, response, role, row, **options):
    made[role, case.meta.phase.name.value if case.meta else "row", response.status_code // 100] += 1
    case.validate_response(response, excluded_checks=excluded(case, role, row), **options)


def excluded(case, role, row):
    names = set()
    if role in {"anonymous", "attendee"}:
        names.add("unsupported_method")  # who may change nothing is asked who they are first: 401, not 405
    if "fields" in (case.query or {}):
        names.add("response_schema_conformance")  # it takes members away, as tests/core/test_sparse.py sees
    if parts(case, good=False) <= {ParameterLocation.QUERY}:
        names.add("negative_data_rejection")  # lists are lenient: an empty filter is none, `page_size=x` the usual size
    if (row.name, row.method) in MORE_IS_ASKED:
        names.add("positive_data_acceptance")
    return CHECKS.get_by_names(sorted(names))
