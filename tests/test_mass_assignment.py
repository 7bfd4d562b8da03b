"""Nobody writes what an address does not take: every address that writes is sent every column of every model.

The API refuses each by name, or reads no body at all; forms do as if it were not there. What an address takes stands
here, so that a field that becomes writable by mistake fails.
"""

from datetime import UTC, datetime

import pytest
from django.db import models

from tests.page_routes import FORGED, PAGES, send
from tests.page_routes import address as page_address
from tests.routes import MATRIX, ROLES, SAFE, address, filled, make_world, undone
from tests.rows import MODELS, effects, every_row, untimed

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
VENUE = {"name", "address", "town", "time_zone", "description", "accent", "capacity",
         "takes_suggestions", "approve_suggestions", "max_suggestions", "max_votes", "sign_ups", "max_sign_ups",
         "counts"}  # fmt: skip
JAM = {"name", "description", "starts_at", "ends_at", "voting_closes_at", "approve_suggestions", "max_votes",
       "max_suggestions", "sign_ups", "max_sign_ups", "counts", "counts_top", "door"}  # fmt: skip
SONG = {"title", "artist", "year", "key", "tempo", "duration", "style", "tags", "chord_sheet_url", "parts",
        "popularity"}  # fmt: skip
TAKES = {
    ("jams", "POST"): JAM | {"venue"},
    ("jam", "PATCH"): JAM,
    ("duplicate", "POST"): {"starts_at"},
    ("recurrence", "PUT"): {"rule", "until", "opens"},
    ("pause", "POST"): {"voting", "suggestions"},
    ("setlist", "POST"): {"algorithm", "playable_only", "count"},
    ("setlist-arrange", "POST"): {"algorithm"},
    ("attendees", "POST"): {"display_name", "room_code", "performer"},
    ("void", "POST"): {"attendees"},
    ("song-merge", "POST"): {"into"},
    ("merge-songs", "POST"): {"into"},
    ("undo", "POST"): {"action", "song"},
    ("reports", "POST"): {"about", "since", "until", "format"},
    ("door", "POST"): {"door"},
    ("invitations", "POST"): {"role"},
    ("accept", "POST"): {"token"},
    ("tokens", "POST"): {"name", "scopes", "days", "email", "password", "code"},
    ("myself", "PATCH"): {"name"},
    ("user", "PATCH"): {"name", "role", "is_active"},
    ("me", "PATCH"): {"display_name", "instruments"},
    ("jam-songs", "POST"): {"song", "title", "artist", "songs", "instrument", "insist", "found_by"},
    ("vote", "PUT"): set(),
    ("vote", "DELETE"): set(),
    ("move", "POST"): {"position"},
    ("slots", "POST"): {"jam_song", "instrument", "required"},
    ("signups", "POST"): {"slot"},
    ("signup-move", "POST"): {"slot"},
    ("attendee-signups", "POST"): {"slot"},
    ("people", "POST"): {"display_name"},
    ("songs", "POST"): SONG,
    ("song", "PATCH"): SONG,
    ("venues", "POST"): VENUE,
    ("venue", "PATCH"): VENUE,
    ("venue-song-list", "PUT"): {"url", "schedule", "by_itself", "near", "update", "mapping"},
    ("venue-song-list-apply", "POST"): {"digest"},
    ("library-song", "PATCH"): {"key", "note", "banned"},
    ("webhooks", "POST"): {"venue", "jam", "url", "types", "name"},
    ("webhook", "PATCH"): {"url", "types", "name", "enabled"},
    ("webhook-rotate", "POST"): {"hours"},
    ("inboxes", "POST"): {"venue", "name"},
    ("inbox", "PATCH"): {"name", "enabled"},
    ("inbox-rotate", "POST"): {"hours"},
}
FORMS_TAKE = {
    "join": {"display_name", "song", "room_code"},
    "claim": {"do"},
    "suggest": {"song", "title", "artist", "instrument", "insist", "found_by"},
    "instruments": {"plays", "more"},
    "performer": {"do"},
    "away": {"away"},
    "me": {"display_name"},
    "add_songs": {"song", "found_by"},
    "song_act": {"position"},
    "jam_new": JAM | {"venue", "background"},
    "jam_edit": JAM | {"background"},
    "jam_duplicate": {"starts_at"},
    "repeat": {"often", "days", "until", "opens", "end"},
    "venue_new": VENUE,
    "venue_edit": VENUE,
    "venue_song_list": {"url", "schedule", "by_itself", "near", "update", "do", "digest", "difference"},
    "venue_song": {"key", "note", "do", "why"},
    "ban": {"why"},
    "enter": {"code"},
    "door": {"door"},
    "hosts": {"role"},
    "void": {"attendees"},
    "slot": {"do", "attendee", "display_name"},
    "sign_up_act": {"slot"},
    "song_slots": {"instrument", "required"},
    "person_add": {"display_name"},
    "person": {"do", "song", "slot"},
    "tokens": {"name", "days", "scopes"},
    "imports": {"file"},
    "reports": {"about", "since", "until", "format"},
    "import_run": {"do", "near", "update", "line"},
    "venue_webhooks": {"do", "url", "types", "name", "inbox"},
    "jam_webhooks": {"do", "url", "types", "name"},
    "webhook": {"do", "url", "types", "name", "hours", "delivery"},
    "inbox": {"do", "hours"},
}
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
CHOSEN = {"status": "ended", "role": "staff", "state": "removed", "counts": "hidden", "origin": "host"}
# Numbers that rows of no jam have by chance would look as if they were taken.
CHOSEN |= dict.fromkeys(["event", "event_id", "delivery", "delivery_id"], 98_766)
BESIDES = {"is_staff": True, "is_superuser": True, "token": "hostile", "user": 1, "votable": True}


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def hostile(world):
    """A value for every column and relation of every model that would show if it were taken."""
    values = {}
    for model in MODELS:
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            values[field.name] = values[field.attname] = value_for(field, world)
    return values | CHOSEN | BESIDES


def value_for(field, world):
    if isinstance(field, models.ManyToManyField):
        return [world.jams["other"].hosts.get().pk]
    if isinstance(field, models.ForeignKey):
        return world.jams["other"].pk
    if isinstance(field, models.BooleanField):
        return not field.default
    if isinstance(field, models.DateTimeField):
        return "2001-01-01T00:00:00Z"
    if isinstance(field, models.JSONField):
        return ["hostile"]
    return 98_765 if isinstance(field, models.IntegerField) else "hostile"


def writer(row):
    """Who may: attendees before hosts, since they are the many."""
    return next(
        caller
        for caller in ("attendee", "phone", "host", "staff", *ROLES)
        if row.lets(caller) and not row.is_forged(caller, "own")
    )


def same(plain, sent, values):
    """Whether both did the same to the same rows, and no new row has a value that was sent."""
    (changed, new, gone), (also_changed, also_new, also_gone) = plain, sent
    assert untimed(unnumbered(also_changed, also_new)) == untimed(unnumbered(changed, new))
    assert also_gone == gone
    assert sorted(name for name, _columns in also_new) == sorted(name for name, _columns in new)
    usual = {(name, column, str(value)) for name, columns in new for column, value in columns.items()}
    for name, columns in also_new:
        for column, value in columns.items():
            taken = value == LONG_AGO or (column in values and str(value) == str(values[column]))
            assert not taken or (name, column, str(value)) in usual, (name, column)


def unnumbered(changed, new):
    """That a row points to a new one is compared, not which number that has."""
    ids = {(f"{name}_id", columns["id"]) for name, columns in new if "id" in columns}
    return {
        key: {
            column: "a new one" if isinstance(value, int) and (column, value) in ids else value
            for column, value in columns.items()
        }
        for key, columns in changed.items()
    }


@pytest.mark.parametrize(
    "row",
    [row for row in MATRIX if row.method not in SAFE and row.name != "inbound"],
    ids=lambda row: f"{row.method} {row.name}",
)
def test_the_api_takes_what_it_says_and_nothing_else(world, row):
    call, values = world.callers[writer(row)], hostile(world)
    takes = TAKES.get((row.name, row.method))
    assert (takes is None) is (row.body is None and row.name != "vote"), "say above what it takes"
    foreign = {name: value for name, value in values.items() if name not in (takes or ())}
    with undone():
        path, body, runs = address(world, row.name), filled(world, row.body), []
        before = every_row()
        for sent in (body, foreign | (body or {})):
            with undone():
                answer = call(row.method, path, sent)
                runs.append((answer, effects(before, every_row())))

    (usual, plain), (answer, did) = runs
    assert usual.status_code == row.status
    if takes is None:
        assert answer.status_code == usual.status_code
        same(plain, did, foreign)
    else:
        assert answer.status_code == 400
        assert did == ({}, [], set())
        assert foreign.keys() <= answer.json()["errors"].keys()


@pytest.mark.parametrize("row", [row for row in PAGES if row.method == "POST"], ids=lambda row: row.name)
def test_forms_take_their_fields_and_nothing_else(world, row):
    values = hostile(world)
    foreign = {name: value for name, value in values.items() if name not in {*FORMS_TAKE.get(row.name, ()), *row.form}}
    caller = next(
        one for one in ("phone", "host", "staff") if row.answer(one, "own") in {row.status, 302} and one not in FORGED
    )
    with undone():
        path, runs = page_address(world, row.name, "own"), []
        before = every_row()
        for more in ({}, foreign):
            with undone():
                answer = send(world, caller, row, "own", path=path, more=more)
                runs.append((answer.status_code, effects(before, every_row())))

    (usual, plain), (status, did) = runs
    assert status == usual
    same(plain, did, foreign)


def test_what_would_hurt_is_among_what_is_sent(world):
    assert {
        "id", "slug", "code", "votes", "revision", "status", "role", "venue", "listed", "times_played", "created_at",
        "jam", "jam_id", "attendee", "secret_hash", "votable", "managers", "hosts", "takes_suggestions", "is_active",
        "password", "suggested_by", "pinned", "position", "state",
    } <= hostile(world).keys()  # fmt: skip
