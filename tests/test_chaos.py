"""`./dev chaos`: that what it judges can fail, and its short form. What that does not kill, test_outages.py does."""

import math
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from apps.accounts.models import AuditEvent
from apps.tasks.models import Task
from loadtests.chaos import __main__ as command
from loadtests.chaos import errands, phone, room
from loadtests.chaos.errands import Errands
from loadtests.chaos.faults import FAULTS, SHORT, Fault, postgresql_is_away
from loadtests.chaos.ledger import Attempt, Violation, compare
from loadtests.chaos.night import Result, Window, judge_answers, longest_pause
from loadtests.chaos.room import Answer, behind

ROBIN, SAM, SONG = 1, 2, 7
OK, NO, UNSERVED, SILENCE = 200, 409, 503, 0


def log(*told):
    return [Attempt(SONG, method == "PUT", 0, 0.1, status) for method, status in told]


def kinds(logs, votes, counter=None):
    votes = list(votes)
    counters = {SONG: len(votes) if counter is None else counter}
    return [violation.kind for violation in compare(logs, [(who, SONG) for who in votes], counters)]


# The comparison -----------------------------------------------------------------------------------------


def test_what_is_as_it_was_told_is_no_violation():
    logs = {ROBIN: log(("PUT", OK)), SAM: log(("PUT", OK), ("DELETE", OK))}

    assert kinds(logs, [ROBIN]) == []


def test_an_acknowledged_vote_that_is_absent_is_lost():
    logs = {ROBIN: log(("PUT", SILENCE), ("PUT", OK))}

    [lost] = compare(logs, [], {SONG: 0})

    assert lost.kind == "lost"
    assert lost.text == (
        "attendee 1, song 7: told PUT unknown (no answer) after 0.1 s; PUT ok (200) after 0.1 s; the database has none"
    )


def test_a_vote_that_is_there_twice_is_doubled():
    assert kinds({ROBIN: log(("PUT", OK))}, [ROBIN, ROBIN]) == ["doubled"]


def test_a_refused_vote_that_is_there_is_told():
    assert kinds({ROBIN: log(("PUT", NO))}, [ROBIN]) == ["refused, and there"]
    assert kinds({ROBIN: log(("PUT", OK), ("DELETE", OK), ("PUT", NO))}, [ROBIN]) == ["taken back, and there"]


def test_a_vote_that_was_taken_back_and_is_there_is_told_also_where_an_earlier_one_had_no_answer():
    assert kinds({ROBIN: log(("PUT", SILENCE), ("PUT", OK), ("DELETE", OK))}, [ROBIN]) == ["taken back, and there"]


def test_a_counter_that_drifts_is_told():
    assert kinds({ROBIN: log(("PUT", OK))}, [ROBIN], counter=2) == ["drift"]
    assert [found.kind for found in compare({}, [], {SONG: 1})] == ["drift"]


def test_a_vote_of_nobody_is_told():
    assert kinds({ROBIN: log(("PUT", OK))}, [ROBIN, SAM]) == ["nobody's"]


@pytest.mark.parametrize("status", [SILENCE, UNSERVED, 429])
def test_what_no_answer_says_may_be_either_way_until_one_does(status):
    unsure = {ROBIN: log(("PUT", status))}

    assert kinds(unsure, [ROBIN]) == kinds(unsure, []) == []
    assert kinds({ROBIN: log(("PUT", OK), ("DELETE", status))}, [ROBIN]) == []
    assert kinds({ROBIN: log(("PUT", status), ("PUT", OK))}, []) == ["lost"]


def test_a_refusal_changes_nothing():
    logs = {ROBIN: log(("PUT", OK), ("DELETE", NO))}

    assert kinds(logs, [ROBIN]) == []
    assert kinds(logs, []) == ["lost"]


def test_what_a_phone_has_given_up_may_not_undo_what_it_was_told_later():
    given_up = ("PUT", SILENCE)

    assert kinds({ROBIN: log(given_up, ("DELETE", OK))}, [ROBIN]) == ["taken back, and there"]
    assert kinds({ROBIN: log(given_up, ("DELETE", OK))}, []) == []
    assert kinds({ROBIN: log(("PUT", OK), ("DELETE", SILENCE), ("PUT", OK))}, []) == ["lost"]


# Background tasks ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_task_is_lost_that_is_not_done_or_left_no_note_and_done_twice_that_left_two(monkeypatch):
    monkeypatch.setattr(Errands, "send", lambda self: None)
    monkeypatch.setattr(errands, "ALL_DONE", 0)
    sent = Errands("night")
    for text, state, notes in [("a", "done", 1), ("b", "failed", 1), ("c", "done", 0), ("d", "done", 2)]:
        task = Task.objects.create(name="loadtests.note", arguments={"text": f"night {text}"}, state=state)
        sent.accepted.append((task.pk, f"night {text}"))
        for _ in range(notes):
            AuditEvent.objects.create(verb="note", about=f"night {text}")
    sent.accepted.append((0, "night e"))

    assert sorted(map(str, sent.end())) == [
        "TASK DONE TWICE: night d: 2 notes",
        "TASK LOST: night b: failed",
        "TASK LOST: night c: 0 notes",
        "TASK LOST: night e: 0 notes",
        "TASK LOST: night e: its row is gone",
    ]


# Answers, pauses, boards --------------------------------------------------------------------------------

AWAY = Window(Fault(postgresql_is_away, allowed=frozenset({UNSERVED})), begun=10, ended=20, well=25)


def judged(status, begun=12, ended=13, what="PUT vote", **more):
    return [found.text for found in judge_answers([Answer(what, begun, ended, status, **more)], [AWAY], {SONG})]


def test_while_something_is_away_only_what_is_said_of_it_may_be_answered():
    assert judged(OK) == []
    assert judged(UNSERVED, retry_after="2") == judged(UNSERVED, 1, 11, retry_after="2") == []
    assert judged(UNSERVED) == ["PUT vote: 503 without Retry-After, postgresql is away: 1 times, the first after 1.0 s"]
    assert judged(SILENCE) == ["PUT vote: no answer, postgresql is away: 1 times, the first after 1.0 s"]
    assert judged(500) == ["PUT vote: 500, postgresql is away: 1 times, the first after 1.0 s"]
    assert judged(404) == ["PUT vote: 404, postgresql is away: 1 times, the first after 1.0 s"]


def test_when_nothing_has_failed_all_is_answered():
    assert judged(UNSERVED, 26, 27, retry_after="2") == [
        "PUT vote: 503, nothing had failed: 1 times, the first after 1.0 s"
    ]
    assert judged(NO) != []
    assert judged(NO, what="PUT vote frozen") == judged(404, what="GET /j/zzzzzz") == []
    assert judged(OK, what="PUT vote frozen") == [
        "PUT vote frozen: 200, postgresql is away: 1 times, the first after 1.0 s"
    ]


def test_votes_go_on_where_they_are_acknowledged_all_the_time():
    assert longest_pause([1, 11, 14, 30], AWAY) == 11
    assert longest_pause([9, 11, 14, 19, 24, 26], AWAY) == 5
    assert longest_pause([], AWAY) == 15


def test_a_board_is_behind_that_lacks_a_revision():
    shown = SimpleNamespace(board=SimpleNamespace(revision_of={7: 3, 8: -1}.get))

    assert behind(shown, {7: 3}) == ""
    assert behind(shown, {7: 4}) == "song 7 at 3, which is at 4"
    assert behind(shown, {7: 2, 8: 0}) == "song 8 at -1, which is at 0"


# The command --------------------------------------------------------------------------------------------


@pytest.fixture
def nights(monkeypatch):
    """Rounds that find what they are told to, and what was asked of each."""

    def find(found, hold=lambda seconds, deck: None):
        asked = []

        def night(_house, _crowd, number, clients, seed, length):
            asked.append((number, clients, seed, length))
            result = Result([AWAY], found, Counter(ok=3, unknown=1))
            return SimpleNamespace(hold=lambda seconds, deck: hold(seconds, deck) or result)

        for name in ("House", "Crowd"):
            monkeypatch.setattr(command, name, lambda *args, **options: SimpleNamespace(end=lambda: None))
        monkeypatch.setattr(command, "Night", night)
        return asked

    return find


@pytest.mark.parametrize(("found", "status"), [([], 0), ([Violation("lost", "attendee 1")], 1)])
def test_a_violation_is_told_and_is_the_exit_status(nights, capsys, found, status):
    asked = nights(found)

    assert command.main(["--rounds", "2", "--clients", "9", "--seed", "4"]) == status

    said = capsys.readouterr().out
    assert asked == [(1, 9, "4 1", 1.0), (2, 9, "4 2", 1.0)]
    assert said.count("LOST: attendee 1") == 2 * len(found)
    assert f"{2 * len(found)} violations" in said
    assert "| votes that were acknowledged " in said
    assert said.count("MISSED") == len(found)


def test_each_fault_has_its_turn_once(nights):
    dealt = []
    nights([], lambda seconds, deck: dealt.extend((*deck, seconds)))

    command.main(["--once", "--faults", "redis is,beat"])

    *faults, seconds = dealt
    assert sorted(fault.name for fault in faults) == ["beat is killed", "redis is emptied", "redis is killed"]
    assert seconds == math.inf


def test_the_short_form_judges_no_times(nights):
    nights([Violation("late", "after 11 s")])
    assert command.main(["--short"]) == 0
    assert command.main(["--once"]) == 1

    nights([Violation("lost", "attendee 1")])
    assert command.main(["--short"]) == 1


def test_faults_that_are_none_are_told(capsys):
    with pytest.raises(SystemExit):
        command.main(["--faults", "redis is tired"])

    assert "none of redis is killed, " in capsys.readouterr().err


def test_every_kind_of_violation_has_a_row():
    source = "".join(path.read_text() for path in Path("loadtests/chaos").glob("*.py"))

    assert {*re.findall(r'Violation\(\s*"([^"]+)"', source)} <= {*command.KINDS}
    assert {"lost", "taken back, and there", "refused, and there"} <= {*command.KINDS}


def test_a_seed_repeats_the_order_and_every_fault_has_its_turn():
    first, again = (command.dealt(FAULTS, Random(3)) for _ in range(2))
    order = [next(first) for _ in range(2 * len(FAULTS))]

    assert order == [next(again) for _ in order]
    assert Counter(order) == dict.fromkeys(FAULTS, 2)
    assert {*SHORT} < {fault.happens for fault in FAULTS}


def test_phones_say_when_they_asked_as_the_proxy_does():
    assert re.match(r"t=\d{10}\.\d{3}$", room.as_taken(time.time())["X-Request-Start"])
    assert 'X-Request-Start "t=$msec"' in Path("deploy/nginx.conf").read_text()


def test_phones_wait_as_the_page_does():
    votes, stream, api = (Path(f"static/js/{name}.js").read_text() for name in ("vote", "stream", "api"))

    assert f"const LONGEST = {phone.LONGEST_PAUSE * 1000:_.0f};" in votes
    assert f"{phone.FIRST_PAUSE * 1000:.0f} * 2 ** this.#tries" in votes
    assert f"AbortSignal.timeout?.({room.PATIENCE * 1000:.0f})" in api
    for name, seconds in {"POLL": phone.POLL, "LONGEST": phone.LONGEST_AWAY, "RESTART": phone.RESTART}.items():
        assert f"const {name} = {seconds * 1000:_.0f};" in stream
    assert f"const POLLING = {phone.POLLING};" in stream


def test_a_vote_that_waits_goes_out_within_the_time_in_which_all_is_to_be_well():
    assert all(fault.well > phone.LONGEST_PAUSE for fault in FAULTS if UNSERVED in fault.allowed)


@pytest.mark.services
def test_its_short_form_finds_nothing():
    words = [sys.executable, "-m", "loadtests.chaos", "--short", "--seed", "1", "--port", "0"]

    said = subprocess.run(words, capture_output=True, text=True, timeout=500)

    assert said.returncode == 0, said.stdout + said.stderr
    assert "\n0 violations" in said.stdout
    assert int(re.search(r"round 1: ([\d,]+) ok", said.stdout)[1].replace(",", "")) > 0
    assert all(f"{what.__name__.replace('_', ' ')}: all well after" in said.stdout for what in SHORT)
