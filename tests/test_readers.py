"""Many processes read what one writes: nobody sees an older state after a newer one, nor one that is a second old."""

import json
import subprocess
import sys
import time

import httpx
import pytest

from tests.factories import make_song
from tests.processes import WSGI

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

READERS, WRITES = 20, 150
PATH = "/api/v1/songs"
READER = """
import http.client, json, sys, time
port, headers, seen = int(sys.argv[1]), json.loads(sys.argv[2]), []
server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
print("ready", flush=True)
sys.stdin.readline()
while not seen or seen[-1][1] < int(sys.argv[3]):
    asked = time.monotonic()
    server.request("GET", "/api/v1/songs", headers=headers)
    seen.append((asked, json.loads(server.getresponse().read())["results"][0]["popularity"]))
print(json.dumps(seen))
"""
EXACT = [{"Authorization": "Bearer somebody"}, {"Cookie": "somebody=else"}, {"Cache-Control": "no-cache"}]


def reader(address, headers):
    words = [sys.executable, "-c", READER, address.rpartition(":")[2], json.dumps(headers), str(WRITES)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_twenty_readers_and_a_writer(serve):
    song = make_song(popularity=0)
    address = serve(WSGI, WEB_CONCURRENCY="2")
    headers = [EXACT[n % 3] if n % 2 else {} for n in range(READERS)]
    readers = [reader(address, one) for one in headers]
    for one in readers:
        assert one.stdout.readline() == "ready\n"
    for one in readers:
        one.stdin.write("go\n")
        one.stdin.flush()

    written = [(time.monotonic(), 0)]
    with httpx.Client(base_url=address, headers=EXACT[0], timeout=30) as writer:
        for popularity in range(1, WRITES + 1):
            song.popularity = popularity
            song.save()
            written.append((time.monotonic(), popularity))
            assert writer.get(PATH).json()["results"][0]["popularity"] == popularity  # who wrote sees it

    for one, said in zip(readers, headers, strict=True):
        seen = json.loads(one.communicate(timeout=60)[0])
        values = [value for _asked, value in seen]
        if said:
            assert values == sorted(values)
        for asked, value in seen:
            before = asked if said else asked - 1.0
            assert value >= max((v for at, v in written if at <= before), default=0)
