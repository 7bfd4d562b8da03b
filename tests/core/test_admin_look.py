"""The admin's first page and sidebar."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from apps.core.admin_look import GROUPS
from apps.jams.models import Attendee
from tests.factories import make_attendee, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = make_staff()
    client.force_login(user)
    return user


def test_every_model_of_the_admin_stands_in_one_group():
    labels = [label for _title, models in GROUPS for label in models]

    assert sorted(labels) == sorted(model._meta.label for model in admin.site._registry)


def test_the_first_page_leads_everywhere_and_names_nobody(client, staff):
    sam = make_attendee(name="Sam Singer")
    kind = ContentType.objects.get_for_model(Attendee)
    LogEntry.objects.create(user=staff, content_type=kind, object_id=sam.pk, object_repr=str(sam), action_flag=CHANGE)

    page = client.get("/admin/").content.decode()

    for model in admin.site._registry:
        assert f"/admin/{model._meta.app_label}/{model._meta.model_name}/" in page.split("<h1")[1]
    assert "Sam Singer" not in page


def test_the_admin_has_our_colours_and_our_icon(client, staff):
    page = client.get("/admin/jams/jam/").content.decode()

    assert re.search(r"--color-primary-600: rgb\(143, ?67, ?0\)", page)
    assert 'href="/static/favicon.svg"' in page
    assert 'id="main" role="main"' in page
