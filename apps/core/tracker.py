"""Errors go to a tracker that speaks the protocol of Sentry (GlitchTip, Sentry, Bugsink …), where SENTRY_DSN names one.

What leaves is what went wrong and where: type and text of the error, the stack, the route, and the ids that find it in
the log. Nothing of who asked or of what they sent: no headers, cookies, bodies, parameters, values of variables,
addresses of people; and what `without_secrets` knows nowhere.
"""

import re
import sys
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.django import DjangoIntegration

from apps.core.logs import NOTHING, ids, without_secrets

KEPT = ("url", "method")  # of what is told of a request
LEFT_OUT = ("user", "extra", "breadcrumbs")
PERSON = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
DETAIL = re.compile(r"\n(DETAIL|CONTEXT):.*", re.DOTALL)  # PostgreSQL's, which quotes the row


def start() -> None:
    """Before the first request. Costs something at each: only where it is wanted."""
    integrations: list[Integration] = [DjangoIntegration(middleware_spans=False, cache_spans=False)]
    if "celery" in sys.modules:  # in a worker; a server that loads it here would start a second later
        from sentry_sdk.integrations.celery import CeleryIntegration

        integrations.append(CeleryIntegration())
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.RELEASE,
        sample_rate=settings.SENTRY_SAMPLE_RATE,
        traces_sample_rate=settings.SENTRY_TRACES_SAMPLE_RATE,
        integrations=integrations,  # and those it has by itself, logging among them: what is logged as an error is one
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,  # the log has them
        trace_propagation_targets=[],  # receivers of webhooks are not told of our tracker
        auto_session_tracking=False,
        before_send=without_what_is_private,
        before_send_transaction=without_what_is_private,
    )


def without_what_is_private(event: Any, hint: Any) -> Any:
    request_id, jam, task = ids.get()
    known = {"request_id": request_id.removeprefix(NOTHING.request), "jam": jam, "task": task}
    for name in LEFT_OUT:
        event.pop(name, None)
    if request := event.get("request"):
        event["request"] = {name: request[name] for name in KEPT if name in request}
        event["request"]["url"] = request.get("url", "").partition("?")[0]
    if "log_record" in hint:  # its parameters, one by one, say less of what they are than the whole
        event["logentry"] = {"message": hint["log_record"].getMessage()}
    event["tags"] = {name: value for name, value in known.items() if value}
    return cleaned(event)


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return PERSON.sub("***", without_secrets(DETAIL.sub("", value)))
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    return value
