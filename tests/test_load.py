"""The command that loads: what it goes through, its gates, its reports, and a real short run."""

import json
from collections import Counter
from random import Random

import pytest

from apps.voting.corrections import differences
from apps.voting.models import Vote
from loadtests.load import __main__ as command
from loadtests.load import charts, gates, running
from loadtests.load.ballot import Ballot
from loadtests.load.bottlenecks import capacity_lines, capacity_of
from loadtests.load.outcome import OURS, Outcome, Throughput
from loadtests.load.report import Report, marked
from loadtests.load.running import differing
from loadtests.load.scenarios import Scenario, Stage, scenarios
from loadtests.load.windows import Seen, Tally, Window
from tests.factories import make_jam, make_jam_song
from tests.processes import ASGI

GOOD = {"GET api:snapshot": (0.02, {200: 60}), "PUT api:vote": (0.03, {200: 60})}
PEOPLE = [{"attendee": 1, "songs": [7, 8], "unsure": []}]


def tally(seconds, statuses):
    found = Tally()
    for status, count in statuses.items():
        for _ in range(count):
            found.add(seconds, status)
    return found


def house(**fields):
    used = dict.fromkeys(("server", "web", "live", "worker", "beat", "database", "redis"), 0.1)
    memory = dict.fromkeys(OURS, 100 * 2**20)
    fields = {
        "used": used,
        "memory": memory,
        "descriptors": dict.fromkeys(OURS, 20),
        "largest": 2**27,
        "others": 0,
    } | fields
    return Seen(**fields)


def window(at=1, said=GOOD, stage=0, users=50, **fields):
    tallies = {name: tally(*one) for name, one in said.items()}
    return Window(at, 1, stage, True, users, tallies=tallies, **{"sockets": users, "house": house()} | fields)


def outcome(*windows, judged=(), stages=1, hold=1, short=False, **fields):
    scenario = Scenario("a", "a night", 2.5, (Stage(50, 1, hold),) * stages, frozenset(judged), short)
    fields = {"people": PEOPLE, "checked": 1, "drift": 0, "statements": [statement(3)]} | fields
    return Outcome(scenario, list(windows) or [window()], **fields)


def statement(slowest):
    return {"query": "SELECT 1", "calls": 9, "mean_ms": 1.0, "max_ms": slowest, "share": 50.0}


def missed(came):
    return {row.case for row in gates.rows(came) if row.met is False}


# What is gone through -------------------------------------------------------------------------------------


def test_each_scenario_has_the_length_that_was_asked_for_and_a_short_form():
    lengths = {name: (one.most, one.seconds) for name, one in scenarios().items()}

    assert lengths["normal"] == (50, 3_600)
    assert lengths["peak"] == (200, 1_800)
    assert lengths["endurance"] == (100, 8 * 3_600)
    assert lengths["day"] == (100, 24 * 3_600)
    assert lengths["room"] == (1_000, 660)
    assert [stage.users for stage in scenarios()["stress"].stages][:3] == [500, 1_000, 2_000]
    assert [stage.users for stage in scenarios()["spike"].stages] == [50, 250, 50]
    assert all(one.seconds <= 22 and one.is_short for one in scenarios(short=True).values())
    assert scenarios(short=True).keys() == scenarios().keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"stages": (Stage(6_000, 1, 1),)},
        {"stages": (Stage(1, 1, 100_000),)},
        {"stages": (Stage(1, 0, 1),)},
        {"stages": ()},
        {"pace": 0},
        {"judged": frozenset({"nothing"})},
    ],
)
def test_a_scenario_is_bounded(fields):
    with pytest.raises(ValueError, match="a: "):
        Scenario(**{"name": "a", "about": "", "pace": 1, "stages": (Stage(1, 1, 1),)} | fields)


def test_a_scenario_can_take_another_time():
    short = scenarios()["stress"].within(288)

    assert short.seconds == pytest.approx(288)
    assert [stage.users for stage in short.stages] == [500, 1_000, 2_000, 3_000, 4_000]
    assert short.stages[0].hold == pytest.approx(90)


# What people are told -------------------------------------------------------------------------------------


def test_what_was_answered_is_sure():
    ballot, rng = Ballot(1, "token"), Random(1)

    assert ballot.choose([7], rng) == ("PUT", 7)
    ballot.told(7, 200, True)
    assert ballot.choose([7], rng) == ("DELETE", 7)
    ballot.told(7, 429, None)

    assert ballot.as_json() == {"attendee": 1, "token": "token", "songs": [7], "unsure": []}


@pytest.mark.parametrize("status", [0, 500, 503])
def test_what_was_not_answered_is_left_alone(status):
    ballot, rng = Ballot(1, "token"), Random(1)

    ballot.choose([7], rng)
    ballot.told(7, status, None)

    assert ballot.choose([7], rng) is None
    assert ballot.choose([7, 8], rng) == ("PUT", 8)
    assert ballot.as_json()["unsure"] == [7, 8]


@pytest.mark.parametrize(("there", "differ"), [({7, 8}, 0), ({7, 8, 9}, 0), ({8}, 1), ({7, 8, 6}, 1), (set(), 2)])
def test_votes_that_differ_from_what_was_told_are_counted(there, differ):
    assert differing([{"attendee": 1, "songs": [7, 8], "unsure": [9]}], {1: there}) == differ


# The gates ------------------------------------------------------------------------------------------------


def test_a_good_night_meets_its_gates():
    assert missed(outcome()) == set()


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"GET api:snapshot": (0.24, {200: 60})}, "p95 of reads"),
        ({"GET api:me": (0.32, {200: 60})}, "p95 of other"),
        ({"GET api:me": (0.01, {200: 97, 429: 3})}, "errors"),
        ({"GET api:me": (0.01, {200: 97, 0: 3})}, "errors"),
        ({"GET api:me": (0.01, {200: 999, 500: 1})}, "faults"),
    ],
)
def test_what_people_notice_misses_a_gate(bad, name):
    assert missed(outcome(window(said=bad))) == {name}


@pytest.mark.parametrize(
    "said",
    [
        {"GET api:snapshot": (0.22, {200: 60})},  # 1.5 times 150 ms
        {"GET api:snapshot": (9, {200: 19})},  # too few
        {"GET api:me": (0.01, {200: 60, 409: 40})},  # a song that is over
        {"GET api:me": (0.01, {200: 199, 503: 1})},
    ],
)
def test_what_is_within_meets_them(said):
    assert missed(outcome(window(said=said))) == set()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"differing": 1}, "votes lost, or made up"),
        ({"drift": 1}, "counts that differ from the votes"),
        ({"people": []}, "votes acknowledged"),
        ({"errors": {"KeyError('votes')": 2}}, "errors of the generator"),
        ({"statements": [statement(501)]}, "slowest query"),
    ],
)
def test_what_is_wrong_behind_misses_a_gate(fields, name):
    assert missed(outcome(**fields)) == {name}


def test_a_large_process_and_a_closed_socket_miss_theirs():
    assert missed(outcome(window(house=house(largest=2.1 * 2**30)))) == {"largest process"}
    assert missed(outcome(window(gone=1))) == {"sockets closed, or never opened"}


def test_a_generator_that_is_the_limit_is_told():
    full = gates.rows(outcome(window(generator=0.95)))
    with_stores = gates.rows(outcome(window(generator=0.8)))

    assert [(row.met, row.note) for row in full if row.case == "generator"] == [(False, "THE GENERATOR WAS THE LIMIT")]
    assert [row.met for row in with_stores if row.case == "generator"] == [True]
    assert "THE GENERATOR WAS THE LIMIT" in {row.note for row in with_stores}


def test_over_http_alone_only_that_is_judged():
    rows = {row.case for row in gates.rows(outcome(window(house=None), statements=None, drift=None))}

    assert "errors" in rows
    assert not rows & {"largest process", "slowest query", "counts that differ from the votes"}


# What else is judged --------------------------------------------------------------------------------------


def test_budgets_are_judged_unless_the_form_is_short():
    slow = window(said={"GET api:me": (0.29, {200: 10, 404: 1})}, house=house(used={**house().used, "server": 0.8}))
    fields = {"judged": ["budgets"], "at_rest": dict.fromkeys(OURS, 150 * 2**20)}

    assert missed(outcome(slow, **fields)) - {"errors"} == {
        "average of all requests", "p95 of all requests", "p99 of all requests", "failed requests",
        "requests a minute", "server's core", "our processes at rest",
    }  # fmt: skip
    assert missed(outcome(slow, short=True, **fields)) - {"errors"} == {"failed requests", "our processes at rest"}
    assert missed(outcome(judged=["budgets"], at_rest=dict.fromkeys(OURS, 2**20))) == set()


@pytest.mark.parametrize(("rate", "ratio", "names"), [(500, 0.4, 0), (499, 0.4, 1), (2_000, 0.39, 1)])
def test_throughput_is_judged_by_itself_and_beside_the_floor(rate, ratio, names):
    found = Throughput(rate, 5_000, ratio, 10, 20, 30, generator_full=False)

    assert len(missed(outcome(judged=["throughput"], throughput=found))) == names


def test_where_it_breaks_is_told_and_refusals_are_no_fault():
    slow, refused = {"GET api:me": (2, {200: 50})}, {"GET api:me": (0.01, {200: 50, 503: 50})}
    windows = [window(1, stage=0), window(2, slow, 1, 500), window(3, refused, 2, 1_000)]

    rows = {row.case: row for row in gates.rows(outcome(*windows, judged=["breaking"], stages=3))}

    assert [row.case for row in rows.values() if row.met is False] == []
    assert rows["breaking point"].value == 50
    assert "p95 of other" in rows["breaking point"].note
    assert any("50 refused" in row.note for row in rows.values())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"GET api:me": (0.01, {200: 19})}, "19 answers"),
        ({"GET api:me": (5, {200: 15}), "GET api:jams": (5, {200: 15})}, "p95 of all"),
        (GOOD, ""),
    ],
)
def test_who_answers_hardly_anybody_does_not_hold(said, why):
    assert gates.broken(window(said=said).tallies).startswith(why)
    assert bool(gates.broken(window(said=said).tallies)) == bool(why)


def test_past_its_breaking_point_it_may_not_fail():
    windows = [window(1, stage=0), window(2, {"GET api:me": (2, {200: 50, 500: 1})}, 1)]

    assert missed(outcome(*windows, judged=["breaking"], stages=2)) == {"faults"}


@pytest.mark.parametrize(("until", "met", "value"), [(0, True, 0), (5, True, 5), (31, False, 31), (40, False, 40)])
def test_recovery_is_the_last_bad_moment_after_the_spike(until, met, value):
    slow = {"GET api:me": (0.5, {200: 50})}
    after = [window(10 + n, slow if n <= until else GOOD, stage=2) for n in range(1, 41)]

    rows = gates.rows(outcome(window(5), window(10, slow, 1), *after, judged=["recovery"], stages=3))

    row = next(row for row in rows if row.case == "recovered after")
    assert (row.met, row.value) == (met, value)


@pytest.mark.parametrize(
    ("grows", "opens", "slower", "names"),
    [
        (0, 0, 1, set()),
        (2, 0, 1, {"growth of web"}),
        (0, 9, 1, {"descriptors of web"}),
        (0, 0, 1.3, {"p95 at the end"}),
    ],
)
def test_a_long_run_grows_nowhere(grows, opens, slower, names):
    windows = []
    for n in range(400):  # of 100 s each, which are eleven hours
        memory = {**house().memory, "web": 100 * 2**20 * (1 + grows / 100 * n / 36)}
        descriptors = {**house().descriptors, "web": 20 + (opens if n > 300 else 0)}
        said = {"GET api:me": (0.02 * (slower if n > 250 else 1), {200: 30})}
        windows.append(window(100 * n, said, house=house(memory=memory, descriptors=descriptors)))

    assert missed(outcome(*windows, judged=["steadiness"], hold=39_999)) == names
    assert missed(outcome(*windows, judged=["steadiness"])) == set()  # a minute says nothing of an hour


def test_volume_and_connections_are_counted():
    few = {"GET api:me": (0.01, {200: 27})}

    assert missed(outcome(judged=["volume", "connected"])) == set()
    assert missed(outcome(window(said=few), judged=["volume"])) == {"requests an hour"}
    assert missed(outcome(window(users=49), judged=["connected"])) == {"connected at once"}


# What it tells --------------------------------------------------------------------------------------------


def test_a_window_is_the_same_after_its_way():
    sent = window(house=None)
    sent.seen.add(0.05)

    assert Window.from_json(json.loads(json.dumps(sent.as_json()))) == sent


def test_tallies_of_two_windows_are_one():
    first, second = tally(0.01, {200: 3}), tally(0.03, {200: 1, 500: 1, 503: 1, 0: 1})

    first.merge(second)

    assert (first.count, first.failed, first.refused, first.faults) == (7, 3, 1, 1)
    assert first.statuses == Counter({200: 4, 500: 1, 503: 1, 0: 1})
    assert first.average == pytest.approx(1000 * 0.15 / 7)


def test_what_is_full_first_is_told():
    quiet, busy = ({**house().used, "server": share, "web": share} for share in (0.1, 0.3))
    more = {name: (seconds, {200: 3 * statuses[200]}) for name, (seconds, statuses) in GOOD.items()}
    windows = [window(n, house=house(used=quiet)) for n in range(6)]
    windows += [window(6 + n, more, 1, 150, house=house(used=busy)) for n in range(6)]

    said = capacity_lines(capacity_of(outcome(*windows, stages=2)))

    assert said[0].startswith("First full: **server**: 70% busy at 840 requests a second")
    assert "833 µs of a core a request" in said[1]
    assert capacity_of(outcome()) is None


@pytest.mark.parametrize(("value", "top"), [(0, 1), (0.3, 0.4), (1, 1), (41, 80), (100, 100), (801, 1_000)])
def test_scales_end_at_a_round_number(value, top):
    assert charts.round_up(value) == pytest.approx(top)


def test_a_line_keeps_its_peaks():
    values = [0.0] * 1_000
    values[501] = 7

    assert max(value for _at, value in charts.thinned(range(1_000), values)) == 7
    assert len(charts.thinned(range(1_000), values)) <= charts.MOST


def test_a_report_needs_no_other_file_and_has_its_charts_beside(tmp_path):
    rows = gates.rows(outcome(differing=1))

    Report(
        "A <night>", "about", rows, [("GET api:me", "1")], {"Capacity": ["**web** `a < b`"]}, {"rate": "<svg/>"}
    ).write(tmp_path)

    page, text = ((tmp_path / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "A &lt;night&gt;" in page
    assert "<strong>web</strong> <code>a &lt; b</code>" in page
    assert "<svg/>" in page
    assert "1 of " in page
    assert "missed: votes lost, or made up" in text
    assert "![rate](rate.svg)" in text
    assert (tmp_path / "rate.svg").exists()
    assert marked("a") == "a"


# The command ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "status"), [({}, 0), ({"differing": 1}, 1)])
def test_a_missed_gate_is_the_exit_status(monkeypatch, tmp_path, fields, status):
    monkeypatch.setattr(command, "on_own_house", lambda scenario: (outcome(**fields), {"Capacity": ["much"]}))

    table = tmp_path / "rows.json"

    found = command.main(["normal", "--short", "--report", str(tmp_path), "--json", str(table)])

    assert found == status
    assert {path.name for path in tmp_path.iterdir()} >= {"report.html", "report.md", "rows.json", "rate.svg"}
    assert json.loads(table.read_text())[0]["case"].startswith("p95 of ")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8000", "http://no.such.host.invalid", "ftp://127.0.0.1", "127.0.0.1"]
)
def test_load_goes_to_no_other_machine(url):
    with pytest.raises(SystemExit):
        command.arguments(["normal", "--host", url])

    assert command.arguments(["normal", "--host", url, "--allow-remote"]).host == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000"])
def test_it_goes_to_this_one(url):
    assert command.arguments(["normal", "--host", url]).host == url.rstrip("/")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_short_run_loses_no_vote_and_writes_a_report(monkeypatch, tmp_path, serve):
    """With sockets of both kinds. How long answers take is another matter: this machine has others to do."""
    monkeypatch.setattr(running, "SOCKETS", 20)
    jam, file = make_jam(), tmp_path / "rows.json"
    for _ in range(10):
        make_jam_song(jam=jam)

    status = command.main(["normal", "--short", "--host", serve(ASGI), "--report", str(tmp_path), "--json", str(file)])

    rows = {row["case"]: row for row in json.loads(file.read_text())}
    exact = ("errors", "faults", "votes lost, or made up", "errors of the generator")
    assert [rows[name]["value"] for name in exact] == [0, 0, 0, 0]
    assert status == any(row["met"] is False for row in rows.values())
    assert rows["votes acknowledged"]["value"] == Vote.objects.count() > 50
    assert rows["sockets at once"]["value"] > 20
    assert rows["a vote on one's own board, p95"]["value"] > 0
    assert not differences()
    assert "votes acknowledged" in (tmp_path / "report.md").read_text()
