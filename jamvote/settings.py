"""All settings, from the environment. A wrong or missing value stops the start with one message that names it.

The default is embedded: SQLite, cache and channel layer in the process, no service. `DATABASE_URL` and
`REDIS_URL` choose PostgreSQL and Redis.
"""

import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import FileAwareEnv
from marshmallow.validate import Length, Range, Regexp

BASE_DIR = Path(__file__).resolve().parent.parent
env = FileAwareEnv(strip_whitespace=True)  # what is secret can also be a file: NAME_FILE=/run/secrets/name
positive = Range(min=1)

try:
    DEBUG = env.bool("DEBUG", False)
    SECRET_KEY = env.str("SECRET_KEY", "")
    # Earlier keys, so that nobody is logged out or loses votes when the key changes.
    SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
    DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")
    PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], validate=Length(min=1))
    DATABASE = env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR}/jamvote.sqlite3")
    DATABASE_PASSWORD = env.str("DATABASE_PASSWORD", "")  # where DATABASE_URL names none
    DATABASE_POOL = env.int("DATABASE_POOL", 0, validate=Range(min=0))  # 0: no pool; jamvote.asgi says 20
    REDIS_URL = env.str("REDIS_URL", "", validate=Regexp(r"^((redis|rediss|unix)://.+)?$"))
    CHANNEL_PREFIX = env.str("CHANNEL_PREFIX", "jamvote")
    CACHED_READS = env.bool("CACHED_READS", True)
    LOCAL_COPY_SECONDS = env.float("LOCAL_COPY_SECONDS", 1.0 if REDIS_URL else 0.0, validate=Range(0, 1))
    METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=Regexp(r"^(\S{32,})?$"))  # Prometheus' for /metrics
    WRITE_BEHIND_SECONDS = env.float("WRITE_BEHIND_SECONDS", 5.0, validate=Range(min=0.1))
    MAIL = env.dj_email_url("EMAIL_URL", "console:")
    LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
    HSTS_SECONDS = env.int("HSTS_SECONDS", 2 * 365 * 24 * 3600, validate=Range(min=0))
    # Where browsers tell what a page was kept from.
    REPORT_URI = env.str("CSP_REPORT_URI", "", validate=Regexp(r"^((https://|/)[^\s;,]+)?$"))

    # Limits. Every one can be set from the environment under its own name.
    MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", 1024 * 1024, validate=positive)
    MAX_IMAGE_BYTES = env.int("MAX_IMAGE_BYTES", 8 * 1024 * 1024, validate=positive)
    MAX_IMAGE_PIXELS = env.int("MAX_IMAGE_PIXELS", 40_000_000, validate=positive)
    PAGE_SIZE = env.int("PAGE_SIZE", 20, validate=positive)
    MAX_PAGE_SIZE = env.int("MAX_PAGE_SIZE", 100, validate=positive)
    BOARD_SIZE = env.int("BOARD_SIZE", 200, validate=positive)  # songs that a jam shows
    MAX_SOCKETS = env.int("MAX_SOCKETS", 12_000, validate=positive)  # that a process has at once, 25 KB each
    ATTENDEE_DAYS = env.int("ATTENDEE_DAYS", 30, validate=positive)  # names and secrets are erased so long after a jam
    STATISTICS_DAYS = env.int("STATISTICS_DAYS", 400, validate=positive)  # views and searches are kept
    SEARCH_TEXTS = env.int("SEARCH_TEXTS", 1000, validate=positive)  # different ones that a process counts in a day
    SESSION_CACHE_SECONDS = env.int("SESSION_CACHE_SECONDS", 1800, validate=positive)
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
    "apps.core",
    "apps.accounts",
    "apps.live",
    "apps.catalog",
    "apps.jams",
    "apps.voting",
    "apps.pages",
]

MIDDLEWARE = [
    "apps.core.middleware.EveryAnswer",
    "apps.core.middleware.ApiPaths",
    "apps.core.metrics.MeasureRequests",
    "apps.core.cached.CachedReads",
    "apps.core.middleware.BodyCheck",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.middleware.Csrf",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.middleware.DatabaseErrors",
]

ROOT_URLCONF = "jamvote.urls"
WSGI_APPLICATION = "jamvote.wsgi.application"
ASGI_APPLICATION = "jamvote.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
if DATABASE_PASSWORD:
    DATABASES["default"]["PASSWORD"] = DATABASE_PASSWORD
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at their BEGIN; a transaction that reads first and writes later would fail instead.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "django_prometheus.db.backends.postgresql"  # the same, measured
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # PgBouncer may give each transaction another connection, so nothing is left on one: no cursor of the server's.
    # Statements are prepared only where there is none (apps/core/prepared.py).
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
    OPTIONS.setdefault("connect_timeout", 3)  # whoever waits for a database that is away is told so
    if DATABASE_POOL:
        # Who gives up soon tries anew soon: the pool waits twice as long after each failure.
        OPTIONS["pool"] = {
            "min_size": min(2, DATABASE_POOL),
            "max_size": DATABASE_POOL,
            "timeout": 3,
            "reconnect_timeout": 3,
        }
        DATABASES["default"]["CONN_MAX_AGE"] = 0  # back to the pool after each request
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = None  # gunicorn's threads last, and each keeps its connection
else:
    raise ImproperlyConfigured("Environment: DATABASE_URL must be sqlite:///path or postgresql://…")

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            # What is said to Redis in the path of a vote must not hold the vote up for long.
            # Without it, sessions are read from the database.
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.1, "SOCKET_TIMEOUT": 0.1, "IGNORE_EXCEPTIONS": True},
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

SESSION_ENGINE = "apps.accounts.sessions"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts and safety -----------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "pages:login"
LOGIN_REDIRECT_URL = "pages:host"
LOGOUT_REDIRECT_URL = "pages:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

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
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_IMAGE_BYTES + MAX_BODY_BYTES
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
        "trusted-types": ["'none'"],
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
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ, TIME_ZONE = True, "UTC"

# Files -------------------------------------------------------------------------------------------

STATIC_URL, STATIC_ROOT = "/static/", DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL, MEDIA_ROOT = "/media/", DATA_DIR / "media"
# Hashed names come with `collectstatic`; without it files are served from where they are written.
COLLECTED = "collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "apps.core.storage.StaticFiles"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False

# API ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.formats.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.formats.JSONRenderer", "rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.formats.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.problems.problem_of",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "JamVote API",
    "DESCRIPTION": "Jams, songs, votes. Lists are paged; errors are problem+json (RFC 9457).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JamStatus": "apps.jams.models.Jam.Status",
        "AttendeeState": "apps.jams.models.Attendee.State",
        "SongStatus": ["open", "queued", "playing", "played"],
        "Taking": ["open", "paused", "closed"],
    },
}

# Admin and logs ----------------------------------------------------------------------------------

UNFOLD = {"SITE_TITLE": "JamVote", "SITE_HEADER": "JamVote", "SITE_URL": "/"}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "apps.core.logs.AddRequestId"}},
    "formatters": {
        "line": {
            "()": "apps.core.logs.Line",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}
