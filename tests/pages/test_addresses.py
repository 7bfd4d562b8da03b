from io import StringIO

import pytest
from django.core.management import call_command

from apps.jams.demo import DEMO_EMAIL, DEMO_PASSWORD
from tests.factories import make_jam, make_user

pytestmark = pytest.mark.django_db
QR = "▀"


def addresses():
    output = StringIO()
    call_command("addresses", stdout=output)
    return output.getvalue()


def test_without_a_jam_it_prints_where_to_start():
    printed = addresses()

    assert "Home        http://127.0.0.1:8000/\n" in printed
    assert "http://127.0.0.1:8000/api/docs" in printed
    assert "password" not in printed
    assert "Join" not in printed


def test_the_running_jam_is_printed():
    jam = make_jam(status="live")

    printed = addresses()

    assert f"Join        http://127.0.0.1:8000/j/{jam.code}\n" in printed
    assert f"http://127.0.0.1:8000/jams/{jam.slug}/screen\n" in printed
    assert QR not in printed


def test_a_phone_can_scan_the_address_in_the_local_network(settings):
    settings.PUBLIC_URL = "http://192.168.1.20:8000"
    make_jam(status="live")

    assert QR in addresses()


def test_the_login_is_printed_where_the_demo_is():
    make_user(email=DEMO_EMAIL)

    assert DEMO_PASSWORD in addresses()
