"""The other side: a server on this machine that takes webhooks, and a sender that signs them, both by the
standardwebhooks library."""

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from apps.tasks.models import Task
from apps.webhooks.models import Lane
from tests.sites import Site
from tests.tasks.running import run_tasks


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if callable(answer):
            return answer(self)
        return self.say(answer)

    def do_GET(self):
        self.server.got.append((dict(self.headers), b"GET"))
        self.say(200)

    def say(self, status, body=b"Thank you.", **headers):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        pass


class Receiver:
    """`answers` are given one after the other: a status, or what is done instead; 200 when there are none left."""

    def __init__(self):
        self.got, self.answers = [], []
        self.server = Site(Handler, got=self.got, answers=self.answers)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def stop(self):
        self.server.stop()

    def events(self):
        return [json.loads(body) for _headers, body in self.got]

    def types(self):
        return [event["type"] for event in self.events()]

    def ids(self):
        return [headers["webhook-id"] for headers, _body in self.got]


def verified(secret, got):
    """What the library says was sent; it raises what is not signed by the secret."""
    headers, body = got
    return Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})


def next_attempt():
    """As if the time of every lane's next attempt had come."""
    now = timezone.now()
    Lane.objects.filter(due_at__isnull=False).update(due_at=now)
    Task.objects.unfinished().update(due_at=now)
    return run_tasks()


def told(kind, data, *, at=None):
    at = at or datetime.now(UTC)
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data})


def signed(secret, body, *, event="evt_1", at=None):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": event,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event, at, body),
    }


def send_in(inbox, body, headers, client=None):
    path = f"/api/v1/webhooks/in/{inbox.key}"
    return (client or Client()).post(path, body, content_type="application/json", headers=headers)


def tell_in(inbox, secret, kind, data, *, event="evt_1", at=None):
    body = told(kind, data, at=at)
    return send_in(inbox, body, signed(secret, body, event=event))
