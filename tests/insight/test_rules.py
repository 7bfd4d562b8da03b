"""The rules of Prometheus, tried by its own promtool: each alert is raised, is not, and ends."""

import json
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from apps.insight.prometheus.rules import rules
from tests.insight.test_slo import ROUTES

RULES = Path(settings.BASE_DIR, "deploy/monitoring/rules.yml")
EVERY = [rule for group in rules()["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in EVERY if "alert" in rule}
COUNT = "api_request_duration_seconds_count"
needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool: install prometheus")


def requests(good, bad, endpoint="api:vote"):
    """Counters of answers, by what is added to them each minute: '60x10' for ten minutes, and so on."""
    return {
        f'{COUNT}{{method="GET",endpoint="{endpoint}",status_code="200"}}': good,
        f'{COUNT}{{method="GET",endpoint="{endpoint}",status_code="500"}}': bad,
    }


# For each alert: series at which it is raised and later over, the minute of each, and series at which it is not raised.
STEADY, LONG = "0+60x600", "0+600x900"  # a minute; ten minutes, in which all goes well
STEPS = {"ErrorBudgetBurn6h": "10m", "ErrorBudgetBurn3d": "10m"}
CASES = {
    "ErrorBudgetBurn1h": (requests(STEADY, "0+0x60 12+12x90 1092+0x600"), 120, 300, requests(STEADY, "0+6x300")),
    "ErrorBudgetBurn6h": (requests(LONG, "0+0x6 50+50x50 2550+0x140"), 540, 700, requests(LONG, "0+30x200")),
    "ErrorBudgetBurn3d": (requests(LONG, "0+0x6 10+10x440 4410+0x500"), 4400, 5200, requests(LONG, "0+1x900")),
    "ErrorsTonight": (requests(STEADY, "0+0x3 0+3x10 30+0x30"), 8, 20, requests("0+4x20", "0+4x20")),
    "ErrorsHigh": (requests(STEADY, "0+6x20 120+0x60"), 15, 40, requests(STEADY, "0+2x40")),
    "SlowQuery": (
        {"django_db_query_duration_seconds_count": "0+10x60",
         'django_db_query_duration_seconds_bucket{le="1.0"}': "0+10x10 107+7x5 152+10x60"},
        14, 40,
        {"django_db_query_duration_seconds_count": "0+10x60",
         'django_db_query_duration_seconds_bucket{le="1.0"}': "0+10x60"},
    ),
    "PoolExhausted": (
        {'db_pool{instance="a",pid="1",statistic="requests_waiting"}': "0x5 3x5 0x20"}, 9, 20,
        {'db_pool{instance="a",pid="1",statistic="requests_waiting"}': "0x5 3 0x20",
         'db_pool{instance="a",pid="1",statistic="pool_available"}': "9x30"},
    ),
    "LogNotKept": (
        {'pg_stat_archiver_last_archive_age{instance="a"}': "30x10 60+60x10 20x30"}, 18, 40,
        {'pg_stat_archiver_last_archive_age{instance="a"}': "60x15 240 20x30",
         'pg_stat_archiver_failed_count{instance="a"}': "0x14 3x30"},
    ),
    "CacheHitsLow": (
        {'cache_answers_total{outcome="store"}': "0+100x30 3100+900x60",
         'cache_answers_total{outcome="miss"}': "0+100x120"},
        25, 60,
        {'cache_answers_total{outcome="store"}': "0+900x60", 'cache_answers_total{outcome="refused"}': "0+9000x60",
         'cache_answers_total{outcome="miss"}': "0+100x60"},
    ),
    "CacheEvictions": (
        {'redis_evicted_keys_total{instance="a"}': "0+1200x30 36000+0x60",
         'redis_evicted_keys_total{instance="b"}': "0+1200x30 36000+0x60"},
        25, 60,
        {'redis_evicted_keys_total{instance="a"}': "0+60x60", 'redis_evicted_keys_total{instance="b"}': "0+600x60"},
    ),
    "ProcessorBusy": (
        {'node_cpu_seconds_total{instance="a",cpu="0",mode="idle"}': "0+6x30 186+54x60"}, 25, 60,
        {'node_cpu_seconds_total{instance="a",cpu="0",mode="idle"}': "0+6x6 42+54x60"},
    ),
    "MemoryFull": (
        {'node_memory_MemAvailable_bytes{instance="a"}': "10x30 50x60",
         'node_memory_MemTotal_bytes{instance="a"}': "100x90"},
        25, 60,
        {'node_memory_MemAvailable_bytes{instance="a"}': "16x60",
         'node_memory_MemTotal_bytes{instance="a"}': "100x60"},
    ),
    "LiveLate": (
        {'live_latency_seconds_bucket{le="0.1"}': "0+80x20 1680+100x60",
         'live_latency_seconds_bucket{le="0.2"}': "0+90x20 1890+100x60",
         'live_latency_seconds_bucket{le="0.3"}': "0+100x80", 'live_latency_seconds_bucket{le="+Inf"}': "0+100x80"},
        15, 40,
        {'live_latency_seconds_bucket{le="0.1"}': "0+80x80", 'live_latency_seconds_bucket{le="0.2"}': "0+96x80",
         'live_latency_seconds_bucket{le="0.3"}': "0+100x80", 'live_latency_seconds_bucket{le="+Inf"}': "0+100x80"},
    ),
    "QueueLong": (
        {'tasks_waiting{instance="a",queue="soon"}': "0x5 101x20 0x60"}, 15, 40,
        {'tasks_waiting{instance="a",queue="soon"}': "100x80",
         'tasks_waiting{instance="a",queue="now"}': "0x9 900x3 0x9"},
    ),
    "TasksFailed": (
        {'tasks_failed{instance="a",queue="soon"}': "0x5 1x20 0x60"}, 10, 40,
        {'tasks_failed{instance="a",queue="soon"}': "0x80"},
    ),
    "ProcessGone": (
        {'up{job="jamvote",instance="web:8000"}': "1x5 0x10 1x30"}, 10, 30,
        {'up{job="jamvote",instance="web:8000"}': "1x8 0 1x30", 'up{job="node",instance="a"}': "0x40"},
    ),
}  # fmt: skip


def slow_requests():
    """Ten in a hundred take more than a second, then none does."""
    labels = 'method="GET",endpoint="api:jams",status_code="200"'
    name = f"api_request_duration_seconds_bucket{{{labels},le="
    fast, few = "0+90x20 1890+100x60", "0+99x80"
    edges = {"0.15": (fast, few), "1": (fast, few), "2": ("0+100x80", "0+100x80"), "+Inf": ("0+100x80", "0+100x80")}
    return [{f'{name}"{edge}"}}': series[way] for edge, series in edges.items()} for way in (0, 1)]


CASES["SlowRequests"] = (slow_requests()[0], 15, 40, slow_requests()[1])


def series(values):
    return [{"series": name, "values": value} for name, value in values.items()]


def raised(name, labels):
    """As Prometheus tells it, with the labels filled in."""
    rule = ALERTS[name]
    fill = lambda text: re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels[found[1]], text)  # noqa: E731
    said = {key: fill(text) for key, text in rule["annotations"].items()}
    return {"exp_labels": rule["labels"] | labels, "exp_annotations": said}


LABELS = {
    "SlowRequests": {"class": "reads"},
    "PoolExhausted": {"instance": "a"},
    "QueueLong": {"queue": "soon"},
    "TasksFailed": {"queue": "soon"},
    "ProcessGone": {"instance": "web:8000", "job": "jamvote"},
    "ProcessorBusy": {"instance": "a"},
    "MemoryFull": {"instance": "a"},
}


def promtool(tmp_path, *tests, rules=EVERY, step="1m"):
    """Series have a value, and these rules are reckoned one after the other, every `step`."""
    made, file = tmp_path / "rules.yml", tmp_path / "tests.yml"
    made.write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    tests = [{"interval": step, **test} for test in tests]
    file.write_text(json.dumps({"rule_files": [str(made)], "evaluation_interval": step, "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_file_is_what_the_promise_says():
    out = StringIO()
    call_command("prometheus_rules", stdout=out)

    assert RULES.read_text() == out.getvalue()
    assert yaml.safe_load(out.getvalue()) == rules()


@needs_promtool
def test_prometheus_takes_it():
    subprocess.run(["promtool", "check", "rules", RULES], check=True, capture_output=True)


@needs_promtool
@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_is_raised_and_ends_and_is_not_raised_without_its_cause(name, tmp_path):
    wrong, when, over, well = CASES[name]

    def at(minute, *alerts):
        return {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": list(alerts)}

    told = raised(name, LABELS.get(name, {}))
    ill = {"input_series": series(wrong), "alert_rule_test": [at(1), at(when, told), at(over)]}
    fine = {"input_series": series(well), "alert_rule_test": [at(when), at(over)]}
    promtool(tmp_path, ill, fine, rules=made_of(name), step=STEPS.get(name, "1m"))


@needs_promtool
def test_a_log_that_never_was_archived_is_told_too(tmp_path):
    failed = {'pg_stat_archiver_failed_count{instance="a"}': "0+3x20 60x20"}
    told = [(10, [raised("LogNotKept", {})]), (30, [])]
    tests = [{"eval_time": f"{at}m", "alertname": "LogNotKept", "exp_alerts": alerts} for at, alerts in told]
    promtool(tmp_path, {"input_series": series(failed), "alert_rule_test": tests}, rules=made_of("LogNotKept"))


def made_of(name):
    """An alert and what is recorded for it: all others, at all the minutes of three days, take most of the time."""
    return [rule for rule in EVERY if rule.get("record", "none") in ALERTS[name]["expr"]] + [ALERTS[name]]


@needs_promtool
def test_each_request_is_counted_in_one_class(tmp_path):
    """Of every endpoint, each so often that one which is counted twice cannot make up for another."""
    asked = [(route, method) for route in [*ROUTES, "api:not-yet"] for method in ("GET", "POST", "other")]
    counters = {
        f'{COUNT}{{method="{method}",endpoint="{route}",status_code="200"}}': f"0+{60 * (place**2 + 1)}x20"
        for place, (route, method) in enumerate(asked)
    }
    expr = f"round(sum(jamvote:requests:rate5m) - sum(rate({COUNT}[5m])))"
    test = {"expr": expr, "eval_time": "15m", "exp_samples": [{"labels": "{}", "value": 0}]}
    promtool(tmp_path, {"input_series": series(counters), "promql_expr_test": [test]})


@needs_promtool
@pytest.mark.parametrize(
    ("route", "method", "name"),
    [
        ("api:jams", "GET", "reads"),
        ("api:jams", "POST", "jams"),
        ("api:setlist-arrange", "POST", "set_lists"),
        ("account_login", "POST", "auth"),
        ("api:inbound", "POST", "webhooks_in"),
        ("api:vote", "PUT", "other"),
        ("none", "GET", "other"),
    ],
)
def test_an_endpoint_has_its_class(tmp_path, route, method, name):
    counter = {f'{COUNT}{{method="{method}",endpoint="{route}",status_code="200"}}': "0+60x20"}
    labels = f'jamvote:requests:rate5m{{class="{name}"}}'
    test = {"expr": "jamvote:requests:rate5m", "eval_time": "15m", "exp_samples": [{"labels": labels, "value": 1}]}
    promtool(tmp_path, {"input_series": series(counter), "promql_expr_test": [test]})


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_has_a_page_in_the_runbook(name):
    runbook = Path(settings.BASE_DIR, "docs/runbook.md").read_text()

    assert re.search(rf"^## {name}$", runbook, re.MULTILINE)
