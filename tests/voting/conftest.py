import pytest

from tests.factories import make_jam, make_user


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def told(monkeypatch):
    """What is told of any stream, message by message."""
    messages = []
    monkeypatch.setattr("apps.live.streams.announcer.tell", lambda _, news: messages.extend(news.messages()) or True)
    return messages
