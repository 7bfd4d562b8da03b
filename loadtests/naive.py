"""The list of jams and a jam by its address as they are usually written: model serializers, a query for each relation
and each count of each jam. The product is measured against it; `application` of naive_wsgi.py serves it."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import path
from rest_framework import generics, pagination, serializers

from apps.accounts.models import User
from apps.catalog.models import Venue
from apps.jams.models import Jam


class VenueSerializer(serializers.ModelSerializer):
    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = ["slug", "name", "town", "time_zone"]


class HostSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["id", "name"]


class JamSerializer(serializers.ModelSerializer):
    venue = VenueSerializer()
    hosts = HostSerializer(many=True)
    song_count = serializers.SerializerMethodField()
    people_count = serializers.SerializerMethodField()

    class Meta:
        model = Jam
        fields: ClassVar[list[str]] = [
            "id", "slug", "name", "code", "venue", "hosts", "description", "background", "starts_at", "ends_at",
            "voting_closes_at", "status", "voting", "suggestions", "voting_paused", "suggestions_paused",
            "approve_suggestions", "max_votes", "max_suggestions", "sign_ups", "max_sign_ups", "counts", "counts_top",
            "door", "revision", "created_at", "ended_at", "song_count", "people_count",
        ]  # fmt: skip

    def get_song_count(self, jam: Jam) -> int:
        return jam.songs.public().count()

    def get_people_count(self, jam: Jam) -> int:
        return jam.attendees.in_the_room().count()


class Pages(pagination.PageNumberPagination):
    page_size = 20


class Jams(generics.ListAPIView):
    serializer_class = JamSerializer
    pagination_class = Pages
    filter_backends: Any = ()

    def get_queryset(self) -> QuerySet[Jam]:
        return Jam.objects.public().order_by("-starts_at", "-pk")


class JamBySlug(generics.RetrieveAPIView):
    serializer_class = JamSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Jam]:
        return Jam.objects.public()


urlpatterns = [
    path("api/v1/jams", Jams.as_view()),
    path("api/v1/jams/by-slug/<slug:slug>", JamBySlug.as_view()),
]
