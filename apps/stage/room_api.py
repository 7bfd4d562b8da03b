"""What the room can play, over HTTP: how far line-ups are, and what the people who are here could play. No names."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting
from apps.core.store import clock
from apps.jams.auth import jam_of
from apps.stage.line_ups import line_ups
from apps.stage.playable import playable_tonight
from apps.stage.serializers import LineUpsOutput, PlayableOutput


class LineUps(APIView):
    """How far the line-up of each song is: the same for everybody. Frames tell what changes, as `line_ups`."""

    @extend_schema(auth=[], responses=LineUpsOutput)
    def get(self, request: Request, slug: str) -> Response:
        jam, at = jam_of(request, slug), clock()  # first: what is counted is at least as new
        return Response({"revision": at, "songs": fitting(line_ups(jam), MOST_BYTES)})


class PlayableTonight(APIView):
    """The open songs that the people in the room could play, by the instruments that they have said they play, and
    those that lack one person."""

    @extend_schema(auth=[], responses=PlayableOutput)
    def get(self, request: Request, slug: str) -> Response:
        found = playable_tonight(jam_of(request, slug))
        songs, nearly = fitting(shown(found.songs), MOST_BYTES // 2), fitting(shown(found.nearly), MOST_BYTES // 2)
        songs = [{name: song[name] for name in ("id", "title", "artist")} for song in songs]
        return Response({"people": found.people, "songs": songs, "nearly": nearly})


def shown(songs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [song | {name: cut(song[name], LONGEST_TITLE) for name in ("title", "artist")} for song in songs]
