"""Every line of the log names the request it belongs to, and nothing in it lets anybody in.

A line is text, or with LOG_FORMAT=json one JSON object: `{time, level, logger, message, request_id}`, and `jam` (slug;
in a task id), `task` (id), `exception` (traceback) where there is one. `time` is RFC 3339, in UTC.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple


class Ids(NamedTuple):
    """What is going on in this thread or coroutine; empty: none."""

    request: str = "-"
    jam: str = ""
    task: str = ""


NOTHING = Ids()
ids: ContextVar[Ids] = ContextVar("ids", default=NOTHING)

SECRETS = (
    # Headers, as a dump of a request shows them, whole to the end of the line.
    re.compile(r"(?i)((?:set-)?cookie|authorization|x-csrftoken)(['\"]?\s*[:=]\s*)[^\n]+"),
    re.compile(r"(?i)\b(bearer)(\s+)[\w.~+/:=-]{8,}"),
    # Parameters, in an address, a form or JSON.
    re.compile(r"(?i)\b(\w*(?:token|secret|password|api_?key))(['\"]?\s*[:=]\s*['\"]?)[^&\s\"']+"),
    # Addresses that let in whoever has them, as deploy/nginx.conf names them, too; and what webhooks are signed by.
    re.compile(r"(/(?:reports/link|invitations|display|account/verify|account/reset/[\w-]+)/)()[^\s/?\"']+"),
    re.compile(r"(whsec_)()[\w+/=]+"),
    # scheme://name:password@host
    re.compile(r"(://[^\s:/@]*)(:)[^\s@/]+(?=@)"),
)


def configuration(form: str, level: int) -> dict[str, Any]:
    """For `logging.config.dictConfig`: of our lines and those of the servers that run us, all to stderr."""
    stderr = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": "apps.core.logs.AddIds"}},
        "formatters": {
            "text": {
                "()": "apps.core.logs.Line",
                "format": "{asctime} {levelname} {name} [{request_id}] {message}",
                "style": "{",
            },
            "json": {"()": "apps.core.logs.JsonLine"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["ids"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": stderr,
            "gunicorn.error": stderr,  # and uvicorn's within it, which takes gunicorn's handlers
            "uvicorn": stderr | {"level": max(level, logging.WARNING)},  # requests and sockets stand in the proxy's log
            "axes": {"level": logging.WARNING},  # who logs in stands in the audit log
            "httpx": {"level": logging.WARNING},
        },
    }


class AddIds(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.jam, record.task = ids.get()
        return True


class Line(logging.Formatter):
    """The whole text, a traceback included, without what is secret."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class JsonLine(logging.Formatter):
    """Only what is named here: what else a library hangs on its records, requests for example, stays out of the log."""

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            **{name: value for name in ("request_id", "jam", "task") if (value := getattr(record, name, ""))},
        }
        return json.dumps(line | {"exception": without_secrets(trace)} if trace else line, ensure_ascii=False)


def without_secrets(text: str) -> str:
    for pattern in SECRETS:
        text = pattern.sub(r"\1\2***", text)
    return text
