import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from apps.jams.identity import cookie_name
from tests.factories import make_attendee_with_token, make_jam, make_user


@pytest.fixture
def host(db):
    return make_user(name="Hanna Host")


@pytest.fixture
def other_host(db):
    return make_user(name="Otto Other")


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def as_host(host):
    client = Client()
    client.force_login(host)
    return client


@pytest.fixture
def as_other(other_host):
    client = Client()
    client.force_login(other_host)
    return client


@pytest.fixture
def attendee_client():
    """A browser that has joined: (client, attendee)."""

    def join(jam, name=""):
        attendee, token = make_attendee_with_token(jam=jam, name=name)
        client = Client()
        client.cookies[cookie_name(jam)] = token
        return client, attendee

    return join


VOID = {"meta", "link", "input", "img", "br", "use", "path"}


class Seen(HTMLParser):
    """What a reader sees: no scripts, no templates, nothing that is hidden."""

    def __init__(self):
        super().__init__()
        self.open, self.hidden_at, self.words = [], None, []

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        self.open.append(tag)
        if self.hidden_at is None and (tag in {"script", "template", "title"} or "hidden" in dict(attrs)):
            self.hidden_at = len(self.open)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if self.hidden_at == len(self.open):
            self.hidden_at = None
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        if self.hidden_at is None:
            self.words.append(data)


def text_of(response):
    page = Seen()
    page.feed(response.content.decode())
    return re.sub(r" ([.,])", r"\1", " ".join(" ".join(page.words).split()))


@pytest.fixture
def text():
    return text_of
