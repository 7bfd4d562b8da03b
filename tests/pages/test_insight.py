"""What staff see of how JamVote itself is doing."""

import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from apps.insight.models import Alert, Finding
from apps.insight.overview.summary import TONIGHT, summed_up
from apps.insight.slo import promise
from apps.pages.dials import Dial
from apps.pages.figures import duration, percent, short
from apps.pages.insight_tables import shortened
from apps.pages.lines import apart, lines
from apps.pages.verdict import CLASSES, verdict
from tests.factories import make_staff
from tests.insight.facts import NOW, endpoint, process
from tests.insight.nights import bad, good, minute_of, queries_of, two_releases

pytestmark = pytest.mark.django_db
VERDICT = re.compile(r'<h1 class="verdict verdict-(\w+)">.*?<span>(.*?)</span></h1>', re.DOTALL)


@pytest.fixture
def staff(client):
    client.force_login(make_staff(name="Stella Staff"))
    return client


def shown(client, query=""):
    answer = client.get(f"/insight{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def make_finding(**fields):
    now = timezone.now()
    evidence = {"endpoint": "GET api:jam-report", "alike": 48, "ms": 212.0, "pages": 6, "left_ms": 33.0}
    known = {
        "kind": "n_plus_one",
        "subject": "x",
        "evidence": evidence,
        "saved": 36.0,
        "opened_at": now,
        "seen_at": now,
    }
    return Finding.objects.create(**known | fields)


def test_a_good_night_is_said_to_be_good_in_one_sentence(staff):
    good(timezone.now(), 10)

    page = shown(staff)

    assert VERDICT.search(page).groups() == ("ok", "All is well.")
    for fact in (
        "<dd>400</dd>",
        "11 <small>of 20",
        "96.7 <small>%",
        "<b>509 voters</b>",
        "109 more fit",
        "the pool of database connections",
    ):
        assert fact in page, fact
    assert page.count('class="dial"') == 3
    assert "within" in page
    assert "tag-danger" not in page
    assert "None" not in page.replace("None was done", "")


def test_what_is_not_well_is_named_first(staff):
    bad(timezone.now(), 10)

    page = shown(staff)

    said = "All is well, apart from reports: one in 3 takes over 1 s."
    assert VERDICT.search(page).groups() == ("warn", said)
    assert page.count("tag-danger") == 2  # the class, and its endpoint
    assert "GET api:jam-report" in page


def test_before_there_is_anything_the_page_says_so(staff):
    page = shown(staff)

    assert "Nothing has been measured yet" in page
    assert "verdict" not in page


def test_findings_stand_by_time_saved_with_what_to_do(staff):
    good(timezone.now())
    make_finding(subject="less", saved=3.0)
    make_finding(subject="more", saved=90.0, kind="disk_full", evidence={"errors": 4})
    make_finding(subject="gone", closed_at=timezone.now())
    make_finding(subject="long gone", closed_at=timezone.now() - timedelta(days=1))

    page = shown(staff)

    assert page.index("The disk is full") < page.index("One query for each row: ")
    assert "212 to 33 ms" in page
    assert "2 open, 1 closed by itself" in page


def test_an_alert_that_is_open_is_told_in_the_sentence_and_one_that_is_over_is_not(staff):
    good(timezone.now())
    known = {"name": "ErrorBudgetBurn1h", "severity": "page", "evidence": {"share": 0.2, "times": 20.0}}
    over = Alert.objects.create(**known, raised_at=timezone.now(), resolved_at=timezone.now())

    assert VERDICT.search(shown(staff)).groups() == ("ok", "All is well.")

    over.resolved_at = None
    over.save()

    assert VERDICT.search(shown(staff)).groups() == ("danger", "Something is broken now: requests fail.")


def test_an_alert_that_wakes_somebody_goes_before_a_class_that_is_slow(staff):
    bad(timezone.now())
    Alert.objects.create(name="QueueLong", severity="page", evidence={"waiting": 400.0}, raised_at=timezone.now())

    assert VERDICT.search(shown(staff)).groups() == ("danger", "Background work piles up.")


def test_its_script_asks_for_the_figures_alone(staff):
    good(timezone.now())

    part = shown(staff, "?part")

    assert part.lstrip().startswith('<h1 class="verdict')
    assert "<html" not in part
    assert 'data-fragment="?part"' in shown(staff)
    assert "data-fragment" not in shown(staff, "?over=week")


@pytest.mark.parametrize("over", ["week", "month", "releases", "tonight", "nonsense"])
def test_each_tab_opens(staff, over):
    good(timezone.now())
    chosen = {"nonsense": "Tonight", "tonight": "Tonight", "week": "7 days", "month": "30 days", "releases": "Releases"}

    page = shown(staff, f"?over={over}")

    assert re.search(r'aria-current="page">(.*?)<', page).group(1) == chosen[over]


def test_two_releases_stand_side_by_side_and_trends_beside_them(staff):
    two_releases(timezone.now())

    page = shown(staff, "?over=releases")

    assert VERDICT.search(page).groups() == ("warn", "1 endpoint is slower since release 1.2.")
    rows = {
        row[0]: row
        for row in re.findall(r'<code dir="ltr">(\S+ \S+)</code>.*?<bdi dir="ltr">(.*?)</bdi>.*?</svg>(.*?)<', page)
    }
    assert rows["GET api:jam"][1:] in {("+49 %", "slower"), ("+50 %", "slower"), ("+51 %", "slower")}
    assert rows["GET api:song"][2] == "as before"
    assert re.search(r"Disk</th>.*?<b>89 %</b>.*?\+7 %.*?95 %.*?6 days", page)


def test_while_too_little_was_measured_no_release_is_said_to_be_as_fast(staff):
    good(timezone.now())

    page = shown(staff, "?over=releases")

    assert VERDICT.search(page).groups() == ("unknown", "Too early to tell: too little was measured.")


def test_on_another_database_no_word_is_said_of_postgresql(staff, monkeypatch):
    good(timezone.now())
    monkeypatch.setattr("apps.insight.overview.postgres.connection", SimpleNamespace(vendor="sqlite"))

    assert "PostgreSQL" not in shown(staff)


@pytest.mark.services
def test_postgresql_itself_is_asked_where_it_is_the_database(staff):
    good(timezone.now())

    assert "CREATE EXTENSION pg_stat_statements" in shown(staff)


def test_many_who_look_are_one(staff):
    good(timezone.now(), 3)
    shown(staff)

    assert queries_of(lambda: shown(staff)) <= 5  # session, user, alerts, findings, those that are closed


def test_in_arabic_it_goes_from_right_to_left_with_all_its_words(staff):
    bad(timezone.now(), 5)
    english = re.findall(r">([A-Z][a-z]+ [a-z ]+)<", shown(staff, "?part"))
    staff.cookies["django_language"] = "ar"
    with translation.override("ar"):
        page = shown(staff)

    assert 'dir="rtl"' in page
    assert len(english) > 20
    assert [text for text in set(english) if f">{text}<" in page] == []


# The sentence -------------------------------------------------------------------------------------------

SLOW, QUICK = endpoint(100, 900), {"GET api:jam": endpoint(900, 9), "POST api:search": endpoint(9, 9)}
SENTENCES = {
    "errors": ({"GET api:jam": endpoint(100, 9, errors=7)}, "danger", "Requests fail: 7 % of them, and 1 % may."),
    "most are slow": ({"GET api:jam": SLOW}, "danger", "It is slow: jams, songs and venues: most take over 150 ms."),
    "some are slow": (
        QUICK | {"POST account_login": SLOW, "GET api:jam-report": endpoint(9, 2000)},
        "warn",
        "All is well, apart from log-ins, reports.",
    ),
    "a hair over": (QUICK | {"GET pages:set_list": endpoint(9, 1995)}, "warn", ".* set lists: most take over 2 s."),
    "too few to tell": (QUICK | {"POST account_login": endpoint(2, 9000)}, "ok", "All is well."),
    "screens are late": (QUICK, "warn", "Votes come late to the screens: after 1.. ms at p95, and 100 .*"),
}  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES)
def test_the_sentence_says_what_matters_most(case):
    requests, state, text = SENTENCES[case]
    late = {"count": 50, "histogram": endpoint(50, 180)["histogram"]} if case == "screens are late" else {}
    minute_of(NOW, requests=requests, live=late)

    said = verdict(summed_up(TONIGHT, NOW), [])

    assert said.state == state
    assert re.fullmatch(text, said.text), said.text


def test_that_hardly_anybody_more_fits_is_said():
    good(NOW, 5)
    minute_of(
        NOW, 1, name="web-a-9", machines={"b": {"looks": 4, "busy": 3.6, "memory": 1.0, "disk": 1.0, "disk_free": 1e9}}
    )

    state, text = verdict(summed_up(TONIGHT, NOW), [])

    assert (state, text) == ("warn", "All is well, but hardly anybody more fits: the machine's processors: 90 %.")


def test_what_is_full_by_something_else_is_said_where_it_is_asked_what_breaks_first(staff):
    now = timezone.now()
    for ago in range(8):
        busy = {"looks": 4, "busy": 3.8 if ago < 2 else 0.4, "memory": 1.6, "disk": 1.5, "disk_free": 4e10}
        web = process(cpu=3.0 * (1 + ago), pool_size=80, pool_used=8 * (1 + ago))
        asked = {"GET api:snapshot": endpoint(100 * (1 + ago), 8)}
        minute_of(now, ago, requests=asked, processes={"web-a-1": web}, machines={"a": busy})
        minute_of(now, ago, name="live-a-2", processes={"live-a-2": process("live", sockets=1600)})

    page = unescape(shown(staff))

    assert "136 %" in page
    assert "0 more fit" in page
    said = re.search(r'<p class="cap">(.*?)</p>', page).group(1)
    assert said.startswith(
        "<b>Hardly anybody more</b> fits now: the machine's processors, 95 % in use, and 70 % may be. "
    )
    assert "Requests do not explain half of that: look what else runs there. But for that <b>" in said
    assert "would fit, and the first limit would be: the pool of database connections." in said


def test_every_class_that_is_promised_something_has_its_words():
    assert {one.name for one in promise().classes} == set(CLASSES)


# Figures and drawings -----------------------------------------------------------------------------------


def test_figures_have_no_more_digits_than_say_something():
    assert [duration(s) for s in (0.0004, 0.012, 0.3, 1, 2.46, 17.2)] == [
        "0.4 ms",
        "12 ms",
        "300 ms",
        "1 s",
        "2.5 s",
        "17 s",
    ]
    assert [percent(s) for s in (0, 0.0002, 0.0312, 0.01, 0.574)] == ["0", "0.02", "3.1", "1", "57"]
    assert [short(v) for v in (0, 0.25, 12.4, 1212)] == ["0", "0.2", "12", "1,212"]


def test_the_needle_of_a_dial_points_at_its_share_and_stays_on_the_scale():
    angles = [Dial(share, "", "", "", "").angle for share in (0, 75, 150, 2000)]

    assert angles == [-44, 0, 44, 47.5]


def test_lines_end_where_nothing_is_known_and_stay_in_their_box():
    rows = [("a", [10]), ("b", [20]), ("c", [None]), ("d", [900])]

    chart = lines(rows, ["p95"], steps=[50, 100], ticks={0: "a"}, limit=50)

    assert chart.lines[0].pieces == ["0.0,90.0 33.33,80.0", "100.0,0.0 100.0,0.0"]
    assert (chart.limit, chart.lines[0].end.at) == (50, 0)


def test_names_of_lines_do_not_lie_upon_each_other():
    assert apart([50, 52, 10]) == [50, 59, 10]
    assert apart([100, 100]) == [91, 100]


def test_statements_are_shown_without_their_lists_of_columns():
    columns = ", ".join(f'"jams_jam"."column_{number}"' for number in range(9))

    assert (
        shortened(f'SELECT {columns} FROM "jams_jam" WHERE "jams_jam"."id" = %s')
        == "SELECT … FROM jams_jam WHERE jams_jam.id = %s"
    )
    assert len(shortened("UPDATE x SET " + "a = %s, " * 200)) == 240
