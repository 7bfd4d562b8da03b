"""All settings, from the environment. A wrong or missing value stops the start with one message that names it.

The default is embedded: SQLite, cache and channel layer in the process, no service. `DATABASE_URL` and
`REDIS_URL` choose PostgreSQL and Redis.
"""

import logging
import os
import re
import sys
import tomllib
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv
from marshmallow import ValidationError
from marshmallow.validate import Email, Length, OneOf, Range, Regexp

from apps.core import admin_look, logs
from apps.core.backends.redis import connection_class

BASE_DIR = Path(__file__).resolve().parent.parent
env = FileAwareEnv(strip_whitespace=True)  # what is secret can also be a file: NAME_FILE=/run/secrets/name
positive = Range(min=1)


@env.parser_for("quota")
def quota(value: str) -> tuple[int, int]:
    """`120/60`: so many calls in so many seconds."""
    if not re.fullmatch(r"[1-9]\d{0,5}/[1-9]\d{0,5}", value):
        raise ValidationError("Must be calls/seconds, like 120/60.")
    calls, _, seconds = value.partition("/")
    return int(calls), int(seconds)


@env.parser_for("span")
def span(value: str) -> tuple[int, int]:
    """`1-8`: from the one to the other."""
    if not re.fullmatch(r"[1-9]\d{0,3}-[1-9]\d{0,3}", value):
        raise ValidationError("Must be two numbers, like 1-8.")
    least, _, most = value.partition("-")
    if int(least) > int(most):
        raise ValidationError("The smaller number comes first, like 1-8.")
    return int(least), int(most)


@env.parser_for("networks")
def networks(value: str) -> tuple[Any, ...]:
    """`192.0.2.1,2001:db8::/32,unix`"""
    names = [name.strip() for name in value.split(",") if name.strip()]
    try:
        return tuple(name if name == "unix" else ip_network(name) for name in names)
    except ValueError as error:
        raise ValidationError(f"Must be a list of addresses, networks or unix: {error}.") from error


@env.parser_for("databases")
def databases(value: str) -> list[dict[str, Any]]:
    """URLs with commas."""
    try:
        found = [dict(dj_database_url.parse(url.strip())) for url in value.split(",") if url.strip()]
    except ValueError as error:
        raise ValidationError("Must be postgresql://… URLs, with commas between them.") from error
    if any(one["ENGINE"] != "django.db.backends.postgresql" for one in found):
        raise ValidationError("Must be postgresql://… URLs, with commas between them.")
    return found


def version_of_the_project() -> str:
    return str(tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"])


def each_email(addresses: list[str]) -> None:
    for address in addresses:
        Email()(address)


def broker_url(url: str) -> str:
    """As Celery names it: a socket is redis+socket:///path?virtual_host=0."""
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    return f"redis+socket://{parts.path}?virtual_host={dict(parse_qsl(parts.query)).get('db', '0')}"


try:
    DEBUG = env.bool("DEBUG", False)
    SECRET_KEY = env.str("SECRET_KEY", "")
    # Earlier keys, so that nobody is logged out or loses votes when the key changes.
    SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
    DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")
    # A bucket of an S3 store for what DATA_DIR's media and private hold otherwise; keys, unless boto3 finds its own.
    S3_BUCKET = env.str("S3_BUCKET", "")
    S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "", validate=Regexp(r"^(https?://\S+)?$"))  # none: Amazon's
    S3_REGION = env.str("S3_REGION", "")
    S3_ACCESS_KEY, S3_SECRET_KEY = env.str("S3_ACCESS_KEY", ""), env.str("S3_SECRET_KEY", "")
    PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], validate=Length(min=1))
    DATABASE = env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR}/jamvote.sqlite3")
    DATABASE_PASSWORD = env.str("DATABASE_PASSWORD", "")  # where DATABASE_URL names none
    # Streaming replicas of it, as URLs with commas: reports and lists are read there (apps/core/replicas.py).
    DATABASE_REPLICAS: list[dict[str, Any]] = env.databases("DATABASE_REPLICAS", "")
    REPLICA_WAIT_SECONDS = env.float("REPLICA_WAIT_SECONDS", 0.05, validate=Range(0, 5))  # for one that is behind
    DATABASE_POOL = env.int("DATABASE_POOL", 0, validate=Range(min=0))  # 0: no pool; jamvote.asgi says 20
    REDIS_URL = env.str("REDIS_URL", "", validate=Regexp(r"^((redis|rediss|unix)://.+)?$"))
    CHANNEL_PREFIX = env.str("CHANNEL_PREFIX", "jamvote")
    # Messages to the workers; none: tasks run in the process. A database of its own where Redis may be emptied.
    TASK_BROKER_URL = env.str("TASK_BROKER_URL", REDIS_URL, validate=Regexp(r"^((redis|rediss|unix)://.+)?$"))
    CACHED_READS = env.bool("CACHED_READS", True)
    LOCAL_COPY_SECONDS = env.float("LOCAL_COPY_SECONDS", 1.0 if REDIS_URL else 0.0, validate=Range(0, 1))
    # Who may say for whom they ask (X-Forwarded-For): a list of networks; unix for whoever comes by a unix socket.
    TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", "")
    PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", True)
    VOTES_AT_ONCE = env.bool("VOTES_AT_ONCE", True)  # before the framework; false: all votes through it
    METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=Regexp(r"^(\S{32,})?$"))  # Prometheus' for /metrics
    INSIGHT = env.bool("INSIGHT", True)  # does each process write what its requests spent, for /insight
    INSIGHT_FLUSH_SECONDS = env.float("INSIGHT_FLUSH_SECONDS", 15.0, validate=Range(0.1, 60))
    # For how many days minutes, hours and days are kept.
    INSIGHT_DAYS: list[int] = env.list("INSIGHT_DAYS", [2, 30, 400], subcast=int, validate=Length(equal=3))
    PROFILE_SECONDS = env.float("PROFILE_SECONDS", 60.0, validate=Range(0.1, 300))  # that staff can ask for at most
    PROFILE_HERTZ = env.int("PROFILE_HERTZ", 100, validate=Range(1, 1000))  # looks a second at the processes' stacks
    PROFILE_KEEP_SECONDS = env.int("PROFILE_KEEP_SECONDS", 3600, validate=positive)  # a profile is kept, in the cache
    # What a request may take before the log says so: queries, and megabytes that its process grew by.
    REQUEST_QUERY_BUDGET = env.int("REQUEST_QUERY_BUDGET", 50, validate=positive)
    REQUEST_MEMORY_BUDGET_MB = env.int("REQUEST_MEMORY_BUDGET_MB", 50, validate=positive)
    ALERT_EMAILS: list[str] = env.list("ALERT_EMAILS", [], validate=each_email)  # are told of alerts
    ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "", validate=Regexp(r"^(https://\S+)?$"))  # as Alertmanager tells
    REPORT_EMAILS: list[str] = env.list("REPORT_EMAILS", [], validate=each_email)  # get how it went, and what fits
    # A CDN that is told what is retired, and for how many seconds it then keeps what is public: docs/cdn.md.
    CDN_PURGE_URL = env.str("CDN_PURGE_URL", "", validate=Regexp(r"^(https?://\S+)?$"))
    CDN_PURGE_KEY = env.str("CDN_PURGE_KEY", "")
    CDN_SECONDS = env.int("CDN_SECONDS", 60, validate=Range(min=1))
    WRITE_BEHIND_SECONDS = env.float("WRITE_BEHIND_SECONDS", 5.0, validate=Range(min=0.1))
    MAIL = env.dj_email_url("EMAIL_URL", "console:")
    SIGN_UP = env.bool("SIGN_UP", True)  # may strangers make themselves an account
    # Printed mail reaches nobody: there, who signs up is let in, and asked to follow the link all the same.
    VERIFY_EMAIL = env.bool("VERIFY_EMAIL", "console" not in MAIL.get("EMAIL_BACKEND", ""))
    STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", False)  # without one, staff may no more than hosts
    LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
    LOG_FORMAT = env.str("LOG_FORMAT", "text", validate=OneOf(["text", "json"]))
    RELEASE = env.str("RELEASE", version_of_the_project(), validate=Length(1, 40))  # errors and figures name it
    # Where errors are sent, by the protocol of Sentry; nowhere: its library is not even loaded. docs/installation.md
    SENTRY_DSN = env.str("SENTRY_DSN", "", validate=Regexp(r"^(https?://\w+(:\w+)?@[^\s/]+/(\S+/)?\d+)?$"))
    SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production", validate=Length(1, 64))
    SENTRY_SAMPLE_RATE = env.float("SENTRY_SAMPLE_RATE", 1.0, validate=Range(0, 1))  # of errors
    SENTRY_TRACES_SAMPLE_RATE = env.float("SENTRY_TRACES_SAMPLE_RATE", 0.0, validate=Range(0, 1))  # of requests
    HSTS_SECONDS = env.int("HSTS_SECONDS", 2 * 365 * 24 * 3600, validate=Range(min=0))
    # Where browsers tell what a page was kept from.
    REPORT_URI = env.str("CSP_REPORT_URI", "", validate=Regexp(r"^((https://|/)[^\s;,]+)?$"))

    # Limits. Every one can be set from the environment under its own name.
    MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", 1024 * 1024, validate=positive)
    MAX_IMAGE_BYTES = env.int("MAX_IMAGE_BYTES", 8 * 1024 * 1024, validate=positive)
    MAX_IMPORT_BYTES = env.int("MAX_IMPORT_BYTES", 8 * 1024 * 1024, validate=positive)  # of songs; commands take all
    MAX_IMPORT_ROWS = env.int("MAX_IMPORT_ROWS", 100_000, validate=positive)
    MAX_IMPORTS = env.int("MAX_IMPORTS", 20, validate=positive)  # of a user, whose files and reports are kept
    IMPORT_STEP_SECONDS = env.float("IMPORT_STEP_SECONDS", 2.0, validate=Range(0, 60))  # then other tasks have a turn
    IMPORT_DAYS = env.int("IMPORT_DAYS", 30, validate=positive)  # files and reports of imports are kept
    MAX_IMAGE_PIXELS = env.int("MAX_IMAGE_PIXELS", 40_000_000, validate=positive)
    PAGE_SIZE = env.int("PAGE_SIZE", 20, validate=positive)
    MAX_PAGE_SIZE = env.int("MAX_PAGE_SIZE", 100, validate=positive)
    BOARD_SIZE = env.int("BOARD_SIZE", 200, validate=positive)  # songs that a jam shows
    MAX_SOCKETS = env.int("MAX_SOCKETS", 12_000, validate=positive)  # that a process has at once, 25 KB each
    MAX_ADDRESS_SOCKETS = env.int("MAX_ADDRESS_SOCKETS", 1000, validate=positive)  # of them from one address
    MAX_PARTICIPANT_SOCKETS = env.int("MAX_PARTICIPANT_SOCKETS", 20, validate=positive)  # of them one attendee's
    INVITATION_DAYS = env.int("INVITATION_DAYS", 7, validate=positive)  # a link that makes somebody a co-host holds
    MAX_INVITATIONS = env.int("MAX_INVITATIONS", 20, validate=positive)  # links that a jam has out at once
    CLUSTER_SIZE = env.int("CLUSTER_SIZE", 10, validate=Range(min=3))  # people who vote alike before hosts are told
    CLUSTER_SECONDS = env.int("CLUSTER_SECONDS", 60, validate=positive)  # within which so many of them joined
    NIGHTS_AHEAD_DAYS = env.int("NIGHTS_AHEAD_DAYS", 28, validate=Range(1, 366))  # so early are recurring nights made
    SET_LIST_AT_ONCE = env.int("SET_LIST_AT_ONCE", 500, validate=Range(min=0))  # songs; longer ones a worker makes
    UNDO_SECONDS = env.int("UNDO_SECONDS", 30, validate=positive)  # a host can take the last action back for so long
    ATTENDEE_DAYS = env.int("ATTENDEE_DAYS", 30, validate=positive)  # names and secrets are erased so long after a jam
    PERFORMER_DAYS = env.int("PERFORMER_DAYS", 400, validate=positive)  # whom a venue remembers, since they came last
    STATISTICS_DAYS = env.int("STATISTICS_DAYS", 400, validate=positive)  # views and searches are kept
    SEARCH_TEXTS = env.int("SEARCH_TEXTS", 5000, validate=positive)  # different ones that a process counts in a day
    WANTED_AT_LEAST = env.int("WANTED_AT_LEAST", 2, validate=positive)  # searches for a text that hosts are told of
    LOGIN_FAILURES = env.int("LOGIN_FAILURES", 10, validate=positive)  # of an account, from one address
    LOGIN_FAILURES_IN_ALL = env.int("LOGIN_FAILURES_IN_ALL", 100, validate=positive)  # of an account, from anywhere
    LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", 15, validate=positive)
    REPORT_SECONDS = env.int("REPORT_SECONDS", 1800, validate=positive)  # a report is kept unless nights change
    REPORT_NIGHTS = env.int("REPORT_NIGHTS", 1000, validate=positive)  # of a report, at most: the latest
    REPORT_VOTES_AT_ONCE = env.int("REPORT_VOTES_AT_ONCE", 500_000, validate=Range(min=0))  # more wait for a task
    MAX_REPORTS = env.int("MAX_REPORTS", 50, validate=positive)  # of a user, that are kept as files
    MAX_REPORTS_AT_ONCE = env.int("MAX_REPORTS_AT_ONCE", 5, validate=positive)  # of a user, that are being made
    REPORT_LINK_DAYS = env.int("REPORT_LINK_DAYS", 7, validate=positive)  # a made report and its link hold
    SEASON_BEGINS = env.int("SEASON_BEGINS", 9, validate=Range(1, 12))  # the month
    CHORD_SHEET_DAYS = env.int("CHORD_SHEET_DAYS", 30, validate=positive)  # until one is looked at again
    BROKEN_CHORD_SHEET_HOURS = env.int("BROKEN_CHORD_SHEET_HOURS", 24, validate=positive)  # and what was not found
    CHORD_SHEETS_A_RUN = env.int("CHORD_SHEETS_A_RUN", 200, validate=positive)  # so many are looked at
    SONG_LIST_BYTES = env.int("SONG_LIST_BYTES", 5 * 1024 * 1024, validate=positive)  # of a venue's list, unpacked
    SONG_LIST_ROWS = env.int("SONG_LIST_ROWS", 20_000, validate=positive)
    SONG_LIST_SECONDS = env.float("SONG_LIST_SECONDS", 20.0, validate=Range(0.1, 120))  # in which it must be there
    SONG_LIST_REUSE_SECONDS = env.int("SONG_LIST_REUSE_SECONDS", 300, validate=Range(min=0))  # it is not asked for anew
    SONG_LIST_MOST_GONE = env.int("SONG_LIST_MOST_GONE", 20, validate=Range(0, 100))  # per cent that go by themselves
    TASK_HARD_SECONDS = env.int("TASK_HARD_SECONDS", 300, validate=Range(min=2))  # a task is killed then
    TASK_SOFT_SECONDS = env.int("TASK_SOFT_SECONDS", 240, validate=Range(1, TASK_HARD_SECONDS - 1))  # and told before
    TASK_METRICS_PORT = env.int("TASK_METRICS_PORT", 0, validate=Range(0, 65_535))  # of a worker; 0: it has none
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Tasks that a worker runs at once, each in a process of 50 MB.
    TASK_CONCURRENCY = env.int("TASK_CONCURRENCY", min(4, max(2, cores)), validate=positive)
    # A worker that is told to end lets its tasks go on for so long; then they are given back.
    TASK_GRACE_SECONDS = env.float("TASK_GRACE_SECONDS", 20.0, validate=Range(min=0))
    TASK_SWEEP_SECONDS = env.float("TASK_SWEEP_SECONDS", 10.0, validate=Range(min=0.1))  # from one look to the next
    TASK_RESEND_SECONDS = env.int("TASK_RESEND_SECONDS", 60, validate=positive)  # for a message that nobody took
    TASK_DAYS = env.int("TASK_DAYS", 14, validate=positive)  # tasks that are done are kept
    CLOCK_TASK_DAYS = env.int("CLOCK_TASK_DAYS", 2, validate=positive)  # those of them that the clock asks for
    FAILED_TASK_DAYS = env.int("FAILED_TASK_DAYS", 90, validate=positive)  # and those that have failed
    WEBHOOK_SECONDS = env.float("WEBHOOK_SECONDS", 10.0, validate=Range(0.1, 30))  # in which a receiver must answer
    WEBHOOK_TEST_SECONDS = env.float("WEBHOOK_TEST_SECONDS", 5.0, validate=Range(0.1, 10))  # while somebody waits
    # Seconds from one failed attempt to the next, a fifth more at most; after the last an event is given up.
    WEBHOOK_RETRIES: list[int] = env.list(
        "WEBHOOK_RETRIES", [5, 300, 1800, 7200, 18000, 36000, 28800], subcast=int, validate=Length(1, 50)
    )
    WEBHOOK_RETRY_AFTER_SECONDS = env.int("WEBHOOK_RETRY_AFTER_SECONDS", 3600, validate=positive)  # believed at most
    WEBHOOK_DISABLE_DAYS = env.int("WEBHOOK_DISABLE_DAYS", 5, validate=positive)  # of failures alone
    WEBHOOK_DAYS = env.int("WEBHOOK_DAYS", 30, validate=positive)  # events and their log are kept
    WEBHOOK_OVERLAP_HOURS = env.int("WEBHOOK_OVERLAP_HOURS", 24, validate=Range(0, 168))  # that an old secret holds on
    WEBHOOK_TOLERANCE_SECONDS = env.int("WEBHOOK_TOLERANCE_SECONDS", 300, validate=Range(1, 3600))  # of what comes in
    WEBHOOK_IN_BYTES = env.int("WEBHOOK_IN_BYTES", 64 * 1024, validate=positive)
    MAX_WEBHOOKS = env.int("MAX_WEBHOOKS", 20, validate=positive)  # of a venue or a jam; inboxes of a venue too
    IDEMPOTENCY_HOURS = env.int("IDEMPOTENCY_HOURS", 24, validate=positive)  # replies are kept for calls said again
    # A call that has run for so long has died with its process, and may be run again.
    IDEMPOTENCY_TAKE_OVER_SECONDS = env.int("IDEMPOTENCY_TAKE_OVER_SECONDS", 60, validate=positive)
    PARTITION_MONTHS_AHEAD = env.int("PARTITION_MONTHS_AHEAD", 3, validate=positive)  # partitions of votes, made ahead
    LOCK_MS = env.int("LOCK_MS", 300, validate=positive)  # a change of a table waits so long, and lets others go on
    LOCK_ATTEMPTS = env.int("LOCK_ATTEMPTS", 60, validate=positive)  # and so often
    BACKUP_DIR = env.path("BACKUP_DIR", DATA_DIR / "backups")  # where `manage.py backup` keeps them
    BACKUP_DAYS = env.int("BACKUP_DAYS", 14, validate=positive)  # for so long
    BACKUP_KEEP = env.int("BACKUP_KEEP", 3, validate=positive)  # and so many of the newest in any case
    LATE_SECONDS = env.int("LATE_SECONDS", 10, validate=positive)  # from the proxy to us; a phone gives up after 15
    CAPACITY_PROCESSOR = env.int("CAPACITY_PROCESSOR", 70, validate=Range(1, 100))  # per cent; more is too busy
    CAPACITY_MEMORY = env.int("CAPACITY_MEMORY", 80, validate=Range(1, 100))
    INSTANCES: dict[str, tuple[int, int]] = {  # of each type of process: the fewest and the most there may be
        "web": env.span("INSTANCES_WEB", "1-8"),
        "live": env.span("INSTANCES_LIVE", "1-8"),
        "worker": env.span("INSTANCES_WORKER", "1-8"),
    }
    GROWTH_USERS = env.span("GROWTH_USERS", "10-20")  # per cent a quarter that are foreseen
    GROWTH_REQUESTS = env.int("GROWTH_REQUESTS", 15, validate=positive)
    GROWTH_DATA = env.int("GROWTH_DATA", 50, validate=positive)  # per cent a year, but at least
    GROWTH_DATA_GB = env.int("GROWTH_DATA_GB", 100, validate=Range(min=0))
    HEADROOM_COMPUTE = env.float("HEADROOM_COMPUTE", 2.0, validate=Range(min=1))  # times what is used when most is
    HEADROOM_STORAGE = env.float("HEADROOM_STORAGE", 3.0, validate=Range(min=1))
    HEADROOM_NETWORK = env.float("HEADROOM_NETWORK", 3.0, validate=Range(min=1))
    SESSION_CACHE_SECONDS = env.int("SESSION_CACHE_SECONDS", 1800, validate=positive)
    MAX_API_TOKENS = env.int("MAX_API_TOKENS", 20, validate=positive)  # live ones of a user
    MAX_API_TOKEN_DAYS = env.int("MAX_API_TOKEN_DAYS", 365, validate=positive)
    API_TOKEN_DAYS = env.int("API_TOKEN_DAYS", 90, validate=Range(1, MAX_API_TOKEN_DAYS))  # unless one says
    # Policies: whose calls each counts, and how many of them it allows in how many seconds. Which routes draw on which
    # says LIMITED. A participant is an attendee; anonymous is an address, for those of whom nothing is known; address
    # is anybody's; account is a user's, also of one who is an attendee, too.
    LIMITS: dict[str, tuple[str, tuple[int, int]]] = {
        "participant": ("participant", env.quota("LIMIT_PARTICIPANT", "120/60")),  # what changes something
        "reads": ("participant", env.quota("LIMIT_READS", "600/60")),
        "user": ("user", env.quota("LIMIT_USER", "600/60")),
        "address": ("anonymous", env.quota("LIMIT_ADDRESS", "3000/60")),
        "code": ("anonymous", env.quota("LIMIT_CODE", "1200/60")),  # codes of jams that are none
        "join": ("address", env.quota("LIMIT_JOIN", "3000/60")),
        "login": ("address", env.quota("LIMIT_LOGIN", "30/300")),
        "inbox": ("inbox", env.quota("LIMIT_INBOX", "1200/60")),  # events that come in there, whoever sends them
        "song_list": ("account", env.quota("LIMIT_SONG_LIST", "60/60")),  # what has one fetched
        "webhook_test": ("account", env.quota("LIMIT_WEBHOOK_TEST", "10/60")),
    }
except ValueError as error:  # EnvError is one, and so is what a file raises that cannot be read
    raise ImproperlyConfigured(f"Environment: {error}") from error

if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "Environment: set SECRET_KEY (at least 32 random characters) or SECRET_KEY_FILE. ./dev makes a file by itself."
    )
if any(len(key) < 32 for key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured("Environment: SECRET_KEY_FALLBACKS must be keys of at least 32 characters.")
if urlsplit(PUBLIC_URL).scheme not in {"http", "https"} or not urlsplit(PUBLIC_URL).hostname:
    raise ImproperlyConfigured(f"Environment: PUBLIC_URL must be like https://jam.example, not {PUBLIC_URL!r}.")

if "EMAIL_BACKEND" not in MAIL:
    raise ImproperlyConfigured("Environment: EMAIL_URL must be console: or smtp://user:password@host:587?tls=True.")

HTTPS = PUBLIC_URL.startswith("https://")
if DEBUG and HTTPS:
    raise ImproperlyConfigured("Environment: DEBUG shows settings and code to everybody; it is not for https://.")

# Applications ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "apps.core",
    "apps.accounts",
    "apps.live",
    "apps.tasks",
    "apps.catalog",
    "apps.jams",
    "apps.voting",
    "apps.stage",
    "apps.reports",
    "apps.webhooks",
    "apps.insight",
    "apps.pages",
]

MIDDLEWARE = [
    "apps.core.middleware.EveryAnswer",
    "apps.core.health.Health",
    "apps.core.middleware.ApiPaths",
    "apps.core.metrics.MeasureRequests",
    "apps.insight.measuring.recording.RecordRequests",
    "apps.accounts.middleware.ApiTokens",
    "apps.core.cached.CachedReads",
    "apps.core.languages.Language",
    "apps.core.lateness.InTime",
    "apps.core.middleware.BodyCheck",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.Compressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.limited.Limits",
    "apps.core.middleware.Csrf",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.insight.profiling.asking.ProfileRequests",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.middleware.StoreErrors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "jamvote.urls"
WSGI_APPLICATION = "jamvote.wsgi.application"
ASGI_APPLICATION = "jamvote.asgi.application"
APPEND_SLASH = False

MEASURED_TEMPLATES, UNMEASURED_TEMPLATES = "apps.core.backends.templates", "django.template.backends.django"
TEMPLATES = [
    {
        "BACKEND": f"{MEASURED_TEMPLATES if INSIGHT else UNMEASURED_TEMPLATES}.DjangoTemplates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Stores ------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {"default": dict(DATABASE)}
REPLICAS = [f"replica{number}" for number in range(1, 1 + len(DATABASE_REPLICAS))]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    if INSIGHT:
        DATABASES["default"]["ENGINE"] = "apps.core.backends.sqlite"
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at their BEGIN; a transaction that reads first and writes later would fail instead.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES |= zip(REPLICAS, DATABASE_REPLICAS, strict=True)
else:
    raise ImproperlyConfigured("Environment: DATABASE_URL must be sqlite:///path or postgresql://…")
if REPLICAS:
    if len(DATABASES) == 1:
        raise ImproperlyConfigured("Environment: DATABASE_REPLICAS are of PostgreSQL, and DATABASE_URL is not")
    DATABASE_ROUTERS = ["apps.core.replicas.Router"]
for database in DATABASES.values():
    database["PASSWORD"] = database["PASSWORD"] or DATABASE_PASSWORD
    if database["ENGINE"] != "django.db.backends.postgresql":
        continue
    measured = "apps.core.backends" if INSIGHT else "django_prometheus.db.backends"
    # PgBouncer may give each transaction another connection, so nothing is left on one: no cursor of the server's.
    # Statements are prepared only where there is none (apps/core/prepared.py).
    database |= {
        "ENGINE": f"{measured}.postgresql", "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True,
    }  # fmt: skip
    OPTIONS = database.setdefault("OPTIONS", {})
    OPTIONS.setdefault("connect_timeout", 3)  # whoever waits for a database that is away is told so
    if DATABASE_POOL:
        # Who gives up soon tries anew soon: the pool waits twice as long after each failure.
        OPTIONS["pool"] = {
            "min_size": min(2, DATABASE_POOL),
            "max_size": DATABASE_POOL,
            "timeout": 3,
            "reconnect_timeout": 3,
        }
        database["CONN_MAX_AGE"] = 0  # back to the pool after each request
    else:
        database["CONN_MAX_AGE"] = None  # gunicorn's threads last, and each keeps its connection

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            # What is said to Redis in the path of a vote must not hold the vote up for long.
            # Without it, sessions are read from the database.
            "OPTIONS": {
                "SOCKET_CONNECT_TIMEOUT": 0.1,
                "SOCKET_TIMEOUT": 0.1,
                "IGNORE_EXCEPTIONS": True,
                "CONNECTION_POOL_KWARGS": {"connection_class": connection_class(REDIS_URL)} if INSIGHT else {},
            },
        }
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "apps.live.layers.RedisStreamLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "apps.live.layers.LocalStreamLayer"}}

# Answers that are the same for everybody. What a route is marked with → the group that holds its answers, how long the
# store holds them, how long what stands between us and the browser may (seconds), and what retires them at once.
# docs/caching.md has the same table; apps/core/cached.py does it.
CACHED = {
    "jams": ("jams", 60, 5, "a jam or venue is written; a host acts"),
    "nights": ("nights", 60, 5, "a jam or venue is written; a host acts; somebody comes or leaves"),
    "jam": ("info.{slug}", 120, 5, "the jam or its venue is written; a host acts"),
    "board": ("jam.{slug}", 600, 1, "the room is told anything (votes, people, hosts); its jam or songs are written"),
    "page": ("jam.{slug}", 30, 1, "as the board"),
    "songs": ("songs", 300, 5, "a song is written, imported or played; a jam or venue is written"),
    "venues": ("venues", 300, 5, "a venue is written"),
}  # fmt: skip

# What a call draws on, by method (POST is all that change something) and route; apps/core/limited.py counts.
LIMITED: dict[str, tuple[str, ...]] = {
    "GET": ("reads", "user", "address"),
    "POST": ("participant", "user", "address"),
    "GET pages:join": ("reads", "user"),  # and wrong codes: apps/pages/views/join.py
    "POST pages:enter": ("participant", "user"),
    "POST pages:join": ("participant", "user", "join"),
    "POST api:attendees": ("participant", "user", "join"),
    "POST account_login": ("login",),
    "POST account_signup": ("login",),
    "POST account_reset_password": ("login",),
    "POST account_reauthenticate": ("user", "login"),
    "POST mfa_authenticate": ("user", "login"),
    "POST mfa_reauthenticate": ("user", "login"),
    "POST api:tokens": ("user", "login"),
    "POST api:inbound": ("inbox", "address"),
    "POST api:webhook-test": ("participant", "user", "address", "webhook_test"),
    "POST pages:webhook_test": ("participant", "user", "address", "webhook_test"),
    "POST api:venue-song-list": ("participant", "user", "address", "song_list"),
    "POST api:venue-song-list-fetch": ("participant", "user", "address", "song_list"),
    "POST pages:venue_song_list": ("participant", "user", "address", "song_list"),
    "GET pages:accent": (),  # made of their address alone
    "GET apps.core.media.media": (),
}

SESSION_ENGINE = "apps.accounts.sessions"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background work ---------------------------------------------------------------------------------

# Celery's own: names as in its manual, with CELERY_ before them. What is to be done, the rows of apps.tasks say.
CELERY_BROKER_URL = broker_url(TASK_BROKER_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{CHANNEL_PREFIX}.tasks.",
    "queue_order_strategy": "priority",  # a worker empties a queue before it looks into the next
    "visibility_timeout": TASK_HARD_SECONDS * 2,  # a message comes back when whoever had it must be gone
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT, CELERY_TASK_SERIALIZER, CELERY_EVENT_SERIALIZER = ["json"], "json", "json"
CELERY_ENABLE_UTC, CELERY_TIMEZONE = True, "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT, CELERY_TASK_SOFT_TIME_LIMIT = TASK_HARD_SECONDS, TASK_SOFT_SECONDS
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("now", "soon", "later")}
CELERY_TASK_DEFAULT_QUEUE = "soon"
CELERY_WORKER_CONCURRENCY, CELERY_WORKER_PREFETCH_MULTIPLIER = TASK_CONCURRENCY, 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a row is held, whatever becomes of its message
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # lines of the log are made as everywhere
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_BEAT_SCHEDULER = "apps.tasks.beat:Scheduler"

# What runs by the clock, in UTC: a task and its minute, hour, day, month and weekday. docs/installation.md says what.
TASK_SCHEDULE = {
    "insight.watch": "* * * * *",
    "insight.roll_up": "3 * * * *",
    "insight.performance_report": "20 6 * * *",
    "insight.capacity_report": "30 6 * * 1",
    "webhooks.sweep": "*/5 * * * *",
    "jams.warm_cache": "*/10 * * * *",
    "tasks.erase_replies": "5 * * * *",
    "catalog.check_chord_sheets": "15 * * * *",
    "catalog.sync_sources": "*/10 * * * *",
    "tasks.erase_tasks": "20 4 * * *",
    "jams.erase_attendees": "25 4 * * *",
    "catalog.erase_imports": "30 4 * * *",
    "jams.erase_statistics": "35 4 * * *",
    "reports.erase_reports": "38 4 * * *",
    "catalog.rank_songs": "40 4 * * *",
    "jams.hold_nights": "45 4 * * *",
    "voting.prepare_partitions": "48 4 * * *",
    "webhooks.erase_webhooks": "50 4 * * *",
}

# Accounts and safety -----------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.lockout.Backend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:host"
LOGOUT_REDIRECT_URL = "pages:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

ACCOUNT_ADAPTER, MFA_ADAPTER = "apps.accounts.adapter.Accounts", "apps.accounts.adapter.SecondFactor"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "apps.pages.forms.SignUpForm"
ACCOUNT_FORMS = {
    "add_email": "apps.pages.account_forms.NewAddressForm",
    "change_password": "apps.pages.account_forms.PasswordForm",
}
MFA_FORMS = {
    "authenticate": "apps.pages.account_forms.CodeForm",
    "reauthenticate": "apps.pages.account_forms.CodeAgainForm",
}
ACCOUNT_SIGNUP_ENABLED = SIGN_UP
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if VERIFY_EMAIL else "optional"
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one takes its place when it is verified
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a new password, a new address, a second factor that is gone
ACCOUNT_REAUTHENTICATION_REQUIRED, ACCOUNT_REAUTHENTICATION_METHODS = True, ["password", "mfa"]
ACCOUNT_SESSION_REMEMBER = True
# Who guesses passwords and codes is locked out by the database (apps/accounts/lockout.py); these keep mail from being
# sent without end. They live in the cache, and are closed while it is away.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "login_failed", "reauthenticate", "change_password"))
MFA_RATE_LIMITS = {"login_failed": None}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "JamVote"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # else whoever has a second factor could not change their address

AXES_HANDLER = "apps.accounts.lockout.Handler"
AXES_CLIENT_IP_CALLABLE = "apps.core.addresses.client_address"
AXES_USERNAME_CALLABLE = "apps.accounts.lockout.account_of"
AXES_LOCKOUT_CALLABLE = "apps.accounts.lockout.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["login", "code", "oldpassword", "password1", "password2", "csrfmiddlewaretoken"]

# A real phone in the local network comes over plain HTTP; browsers keep `__Host-` and Secure cookies from it.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
MESSAGE_STORAGE = "apps.core.messages.MessageStorage"  # the same for its cookie
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if HTTPS else []
CSRF_FAILURE_VIEW = "apps.pages.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = False  # the balancer's work
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # CsrfViewMiddleware is there, as apps.core.middleware.Csrf
    "security.W008",  # SECURE_SSL_REDIRECT, see above
]
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = max(MAX_IMAGE_BYTES, MAX_IMPORT_BYTES) + MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1000, 1

# What a page may load and do (CSP 3). Nothing is inline, and no nonces: pages that are shared hold nothing of a viewer.
CONTENT_SECURITY_POLICY: dict[str, dict[str, Any]] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", PUBLIC_URL.replace("http", "ws", 1)],  # for Safari before 16 no socket is 'self'
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        # Scripts of ours make elements, and never markup from text.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["worker"],  # static/js/install.js: one address, which is constant
        "upgrade-insecure-requests": HTTPS,
        "report-uri": [REPORT_URI] if REPORT_URI else None,
    }
}
NOT_OURS = {"require-trusted-types-for": None, "trusted-types": None, "img-src": ["'self'", "data:"]}
# The beginning of a path → what is different there. All of it is made by others; docs/security.md has the reasons.
CSP_EXCEPTIONS: dict[str, dict[str, Any]] = {
    "/api/": NOT_OURS,  # pages of the browsable API
    "/api/v1/docs": NOT_OURS,  # Swagger UI
    "/admin/": NOT_OURS | {
        "script-src": ["'self'", "'unsafe-eval'"],  # Alpine
        "style-src": ["'self'", "'unsafe-inline'"],
    },
}  # fmt: skip

# Mail, languages, time ---------------------------------------------------------------------------

EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_BACKEND"], MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL["EMAIL_USE_TLS"], MAIL["EMAIL_USE_SSL"]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL.get("DEFAULT_FROM_EMAIL") or f"jamvote@{urlsplit(PUBLIC_URL).hostname}"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]  # each by its own name; docs/languages.md
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS, FORMAT_MODULE_PATH = [BASE_DIR / "locale"], ["jamvote.formats"]
USE_TZ, TIME_ZONE = True, "UTC"

# Files -------------------------------------------------------------------------------------------

STATIC_URL, STATIC_ROOT = "/static/", DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL, MEDIA_ROOT = "/media/", DATA_DIR / "media"
# Hashed names come with `collectstatic`; without it files are served from where they are written.
COLLECTED = "collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").exists()
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "private", "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "apps.core.storage.StaticFiles"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
if S3_BUCKET:
    for kind, folder in {"default": "media", "private": "private"}.items():
        STORAGES[kind] = {"BACKEND": "apps.core.bucket.Bucket", "OPTIONS": {"location": folder}}
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# API ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "apps.accounts.permissions.TokenMay",
        "rest_framework.permissions.IsAuthenticatedOrReadOnly",
    ],
    "DEFAULT_PARSER_CLASSES": ["apps.core.formats.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.formats.JSONRenderer", "apps.core.formats.BrowsableAPI"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.formats.Pages",
    "DEFAULT_SCHEMA_CLASS": "apps.core.schema.Schema",
    "EXCEPTION_HANDLER": "apps.core.problems.problem_of",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# What goes away: a route ("api:jam-by-slug") or a version ("/api/v1") → apps.core.versions.Retired. See docs/api.md.
API_RETIRED: dict[str, Any] = {}
SPECTACULAR_SETTINGS = {
    "TITLE": "JamVote API",
    "DESCRIPTION": "Jams, songs, votes. Lists are paged; errors are problem+json (RFC 9457).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DEFAULT_GENERATOR_CLASS": "apps.core.schema.Description",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "attendeeToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "Of whoever has joined a jam: POST /jams/{slug}/attendees answers it, once.",
            }
        },
        "headers": {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in {
                "X-Request-Id": "Stands in the server's log too.",
                "RateLimit": "Calls left (`r`), seconds until all are back (`t`), of each allowance that was drawn on.",
                "RateLimit-Policy": "Calls (`q`) in so many seconds (`w`), of the same.",
                "Retry-After": "Seconds.",
                "WWW-Authenticate": "How to say who one is.",
                "ETag": "Of details: for `If-Match` and `If-None-Match`.",
                "Idempotency-Replayed": "`true`: this is the reply to the first call with the key.",
            }.items()
        },
    },
    "ENUM_NAME_OVERRIDES": {
        "JamStatus": "apps.jams.models.Jam.Status",
        "AttendeeState": "apps.jams.models.Attendee.State",
        "AccountRole": "apps.accounts.models.User.Role",
        "HostRole": "apps.jams.models.JamHost.Role",
        "InvitationRole": "apps.jams.models.Invitation.Role",
        "SongStatus": "apps.jams.models.JamSong.Status",
        "TaskState": "apps.tasks.models.Task.State",
        "Taking": ["open", "paused", "closed"],
        "DeliveryState": "apps.webhooks.models.Delivery.State",
        "ReceivedState": "apps.webhooks.models.Received.State",
    },
}

# Admin and logs ----------------------------------------------------------------------------------

UNFOLD = admin_look.UNFOLD

LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)
