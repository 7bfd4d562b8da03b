"""What events that come in say: an envelope around `data`, whose members each type has for itself."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.errors import Invalid
from apps.core.formats import JSONParser
from apps.core.problems import by_field
from apps.core.times import EARLIEST, LATEST
from apps.jams.models import Jam
from apps.webhooks.errors import NoSuchJam
from apps.webhooks.inboxes import Said
from apps.webhooks.models import Received

MOST = 2**53 - 1  # which every program can count to
Data = dict[str, Any]


class Envelope(serializers.Serializer):
    type = serializers.CharField(max_length=40)
    timestamp = serializers.DateTimeField(default_timezone=UTC)
    data = serializers.DictField()  # type: ignore[assignment]


class PlayData(serializers.Serializer):
    jam = serializers.CharField(max_length=90)
    song = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    place = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    sequence = serializers.IntegerField(required=False, min_value=0, max_value=MOST)


class PerformerData(serializers.Serializer):
    id = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=40)


class WithdrawalData(serializers.Serializer):
    jam = serializers.CharField(max_length=90)
    signup = serializers.CharField(max_length=100)


class SignUpData(WithdrawalData):
    performer = PerformerData()
    slot = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    song = serializers.IntegerField(required=False, min_value=1, max_value=MOST)
    instrument = serializers.CharField(required=False, max_length=40)


def read(body: bytes) -> Said:
    """Raises Invalid, or ParseError for what is no JSON object."""
    said = valid(Envelope, JSONParser().parse(BytesIO(body)))
    at: datetime = said["timestamp"]
    if not EARLIEST <= at < LATEST:
        raise Invalid(fields={"timestamp": [_("This year cannot be right.")]})
    return Said(said["type"], at, said["data"])


Fields = TypeVar("Fields", bound=serializers.Serializer)


def valid(fields: type[Fields], data: Any) -> Data:
    """Raises Invalid. What is not known is passed by: the other side may be newer."""
    checked = fields(data=data)
    try:
        checked.is_valid(raise_exception=True)
    except ValidationError as error:
        raise Invalid(fields=dict(by_field(error.detail))) from error
    found: Data = checked.validated_data
    return found


def jam_of(received: Received, data: Data) -> Jam:
    """Raises NoSuchJam, also for one of another venue."""
    jam = Jam.objects.filter(venue=received.inbox.venue_id, slug=data["jam"]).select_related("venue").first()
    if jam is None:
        raise NoSuchJam
    return jam
