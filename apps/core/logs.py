"""Every line of the log names the request it belongs to, and nothing in it lets anybody in."""

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")

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


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class Line(logging.Formatter):
    """The whole text, a traceback included, without what is secret."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def without_secrets(text: str) -> str:
    for pattern in SECRETS:
        text = pattern.sub(r"\1\2***", text)
    return text
