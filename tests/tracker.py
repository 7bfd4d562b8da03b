"""A tracker of errors on this machine, which keeps what it is sent: envelopes of Sentry's protocol."""

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli

UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


class Tracker(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taken)
        self.envelopes, self.came = [], threading.Event()
        self.dsn = f"http://public@127.0.0.1:{self.server_port}/1"

    def events(self):
        """What was reported, without the envelopes' heads."""
        assert self.came.wait(20)
        lines = [json.loads(line) for text in self.envelopes for line in text.splitlines()]
        return [line for line in lines if "event_id" in line and "level" in line]


class Taken(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.envelopes.append(UNPACK.get(self.headers["Content-Encoding"], bytes)(body).decode())
        self.server.came.set()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def tracker():
    server = Tracker()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
