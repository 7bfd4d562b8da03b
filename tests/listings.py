"""A server of song lists on this machine, and how to ask it: tests say by a parameter which addresses are public."""

import gzip
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler

from apps.core.outbound import fetch
from tests.sites import Site

CSV = "text/csv; charset=utf-8"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        answer = self.server.answers[self.path]
        if callable(answer):
            return answer(self)
        body, headers = answer
        if headers.get("ETag") and self.headers["If-None-Match"] == headers["ETag"]:
            return self.say(304, b"", ETag=headers["ETag"])
        return self.say(200, body, **headers)

    def say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        pass


class Lists:
    """`serve` says what is at an address; `get` asks as the product does, but for which addresses are public."""

    def __init__(self, server):
        self.server = server

    @property
    def asked(self):
        return self.server.asked

    def url(self, path="/list", host="127.0.0.1"):
        return f"http://{host}:{self.server.server_port}{path}"

    def serve(self, body, path="/list", **headers):
        content = body if isinstance(body, bytes) else body.encode()
        self.server.answers[path] = (content, {"Content_Type": CSV, **headers})

    def packed(self, body, path="/list"):
        self.serve(gzip.compress(body), path, Content_Encoding="gzip")

    def answer(self, path, act):
        """`act` is given what handles the request."""
        self.server.answers[path] = act

    def redirect(self, path, to, status=302):
        self.answer(path, lambda site: site.say(status, b"", Location=to))

    def get(self, url, *, headers=None, most_bytes=5_000_000, seconds=5.0, public=("127.0.0.1",)):
        """`url` may be a list's, whose address is one that tests make up."""
        url = url.replace("https://lists.example", self.url(""))
        asked = partial(fetch, public=lambda ip: ip in public, ports={"http": self.server.server_port})
        return asked(url, headers=headers or {}, most_bytes=most_bytes, seconds=seconds)


@contextmanager
def lists_served():
    with Site(Handler, asked=[], answers={}) as server:
        yield Lists(server)
