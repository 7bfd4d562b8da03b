import pytest

from apps.webhooks import sending
from tests.webhooks.receiver import Receiver


@pytest.fixture
def receiver(monkeypatch):
    """On this machine, and for this test that is as public as any, over http."""
    receiver = Receiver()
    monkeypatch.setattr(sending, "PORTS", {"http": receiver.server.server_port})
    monkeypatch.setattr(sending, "PUBLIC", lambda address: address == "127.0.0.1")
    yield receiver
    receiver.stop()
