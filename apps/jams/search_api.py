"""Search over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.statistics import count_search
from apps.jams.models import Jam
from apps.jams.search import KINDS, search

HITS, MOST_HITS = 8, 20  # of each kind
ANY_KIND = "|".join(KINDS)


class SongHit(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)
    popularity = serializers.IntegerField()
    times_played = serializers.IntegerField()
    url = serializers.CharField()


class ArtistHit(serializers.Serializer[Any]):
    name = serializers.CharField()
    songs = serializers.IntegerField(help_text="In the library.")
    url = serializers.CharField()


class VenueHit(serializers.Serializer[Any]):
    name = serializers.CharField()
    slug = serializers.CharField()
    town = serializers.CharField(allow_blank=True)
    url = serializers.CharField()


class JamHit(serializers.Serializer[Any]):
    name = serializers.CharField()
    slug = serializers.CharField()
    venue = serializers.CharField()
    time_zone = serializers.CharField(help_text="Of the venue.")
    starts_at = serializers.DateTimeField()
    status = serializers.ChoiceField(Jam.Status.choices)
    url = serializers.CharField()


class Found(serializers.Serializer[Any]):
    songs = SongHit(many=True, required=False)
    artists = ArtistHit(many=True, required=False)
    venues = VenueHit(many=True, required=False)
    jams = JamHit(many=True, required=False)


class SearchParams(serializers.Serializer[Any]):
    q = serializers.CharField(allow_blank=True, max_length=200, default="", help_text="What was typed.")
    kinds = serializers.RegexField(
        rf"\A({ANY_KIND})(,({ANY_KIND}))*\Z",
        default=",".join(KINDS),
        error_messages={"invalid": f"Write some of {', '.join(KINDS)}, with commas and without spaces."},
        help_text="Which to look for, with commas. All.",
    )
    after = serializers.CharField(
        allow_blank=True, max_length=200, default="", help_text="The text before this one, which was no search then."
    )
    venue = serializers.SlugField(
        allow_blank=True, default="", help_text="In whose jam somebody searches: counted there."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_HITS, default=HITS, help_text="Of each kind.")


class Search(APIView):
    """What fits what was typed so far, the best first: songs, artists, venues and jams, from the first letter on.

    The last word may be unfinished. Slips of the finger, accents, the order of words, apostrophes and small words like
    “the” do not matter; title and artist may be mixed.
    """

    permission_classes = ()

    @extend_schema(tags=["search"], parameters=[SearchParams], responses=Found)
    def get(self, request: Request) -> Response:
        asked = SearchParams(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        found = search(given["q"], kinds=given["kinds"].split(","), limit=given["limit"])
        if "songs" in found and request.method == "GET":
            count_search(given["q"], len(found["songs"]), after=given["after"], venue=given["venue"])
        return Response(found)
