"""Jams over HTTP. Votes, suggestions and what an attendee has: apps/voting/api.py."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from apps.core.api import Empty, valid
from apps.core.conditions import as_seen, tagged
from apps.core.errors import Invalid
from apps.core.formats import LONGEST, MOST_BYTES, FewPages, fitting, size_of
from apps.core.sparse import Sparse
from apps.jams import lineup, operations, serializers
from apps.jams.attendees import join_jam
from apps.jams.auth import hosted_jam, jam_of, jam_song_of, refuse_removed
from apps.jams.board import FIELDS, desk_of, snapshot, song_state, stamp
from apps.jams.filters import JamFilter
from apps.jams.models import Jam, JamSong, Performer, first_closing
from apps.jams.performers import performer_with

SINCE = OpenApiParameter("since", int, description="The `revision` of a frame or snapshot: it is at least as new.")


class Jams(Sparse, GenericAPIView):
    """Jams, the latest first: the same for everybody. With `mine` those that the caller hosts, drafts too."""

    sparse_fields = serializers.JamOutput.Meta.fields
    scope = ApiToken.Scope.JAMS
    filterset_class = JamFilter
    pagination_class = FewPages
    serializer_class = serializers.JamOutput

    def get_queryset(self) -> QuerySet[Jam]:
        return Jam.objects.visible_to(self.request.user).order_by("-starts_at", "-pk")

    @extend_schema(operation_id="jams_list", responses=serializers.JamOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = self.filter_queryset(self.get_queryset()).values(*serializers.JAM_COLUMNS)
        page = self.paginate_queryset(rows) or []
        results = self.sparse(serializers.jam_output(row, longest=LONGEST) for row in page)
        answer = self.get_paginated_response(results)
        return timed(answer, *(row["voting_closes_at"] for row in page))

    @extend_schema(request=serializers.NewJamInput, responses={201: serializers.JamOutput})
    def post(self, request: Request) -> Response:
        jam = operations.create_jam(host=user_of(request), **valid(serializers.NewJamInput, request))
        return created(jam)


class JamBySlug(Sparse, APIView):
    sparse_fields = serializers.JamOutput.Meta.fields

    @extend_schema(responses=serializers.JamOutput)
    def get(self, request: Request, slug: str) -> Response:
        rows = Jam.objects.visible_to(request.user).values(*serializers.JAM_COLUMNS)
        row = get_object_or_404(rows, slug=slug)
        [shown] = self.sparse([serializers.jam_output(row)])
        return timed(tagged(Response(shown)), row["voting_closes_at"])


class JamDetail(JamBySlug):
    """PATCH and DELETE want to know what the caller has seen: see apps/core/conditions.py."""

    wants_if_match = True
    scope = ApiToken.Scope.JAMS

    @extend_schema(request=serializers.JamInput, responses=serializers.JamOutput)
    def patch(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        wanted, seen = valid(serializers.JamInput, request, partial=True), as_seen(request, self.shown)
        operations.change_jam(jam=jam, host=user_of(request), seen=seen, **wanted)
        return tagged(Response(self.shown(jam)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        operations.delete_jam(jam=jam, host=user_of(request), seen=as_seen(request, self.shown))
        return Empty()

    def shown(self, jam: Jam) -> Any:
        return self.sparse([output(jam)])[0]


class JamSnapshot(APIView):
    """The board as it stands: the same for everybody."""

    @extend_schema(parameters=[SINCE], responses=serializers.Snapshot)
    def get(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        return timed(Response(snapshot(jam)), jam.voting_closes_at)


class JamDuplicate(APIView):
    scope = ApiToken.Scope.JAMS

    @extend_schema(request=serializers.DuplicateInput, responses={201: serializers.JamOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        new = operations.duplicate_jam(jam=jam, host=user_of(request), **valid(serializers.DuplicateInput, request))
        return created(new)


class JamAction(APIView):
    """A host moves the jam on; saying it twice does no harm. Answers the snapshot."""

    scope = ApiToken.Scope.JAMS
    action = ""

    @extend_schema(request=None, responses=serializers.Snapshot)
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        operations.ACTIONS[self.action](jam=jam, host=user_of(request))
        return Response(snapshot(jam))


class JamPause(APIView):
    scope = ApiToken.Scope.JAMS

    @extend_schema(request=serializers.PauseInput, responses=serializers.Snapshot)
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        operations.set_paused(jam=jam, host=user_of(request), **valid(serializers.PauseInput, request))
        return Response(snapshot(jam))


class JamStartNext(APIView):
    """What plays is played, the first of the set list plays."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=None, responses=serializers.SongState)
    def post(self, request: Request, slug: str) -> Response:
        song = lineup.start_next(jam=hosted_jam(request, slug), host=user_of(request))
        return Response(state_of(song))


class JamSongAction(APIView):
    """A host's action on a song: approve, queue, unqueue, play, finish, skip, remove, pin, unpin, lock, unlock."""

    scope = ApiToken.Scope.JAMS
    action = ""

    @extend_schema(request=None, responses=serializers.SongState)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam_song = jam_song_of(hosted_jam(request, slug), pk)
        lineup.SONG_ACTIONS[self.action](jam_song=jam_song, host=user_of(request))
        return Response(state_of(jam_song))


class JamSongMove(APIView):
    scope = ApiToken.Scope.JAMS

    @extend_schema(request=serializers.MoveInput, responses=serializers.SongState)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam_song = jam_song_of(hosted_jam(request, slug), pk)
        lineup.move_song(jam_song=jam_song, host=user_of(request), **valid(serializers.MoveInput, request))
        return Response(state_of(jam_song))


class Attendees(APIView):
    """Join the jam. The token is the attendee: keep it, it is not shown again.

    403 `room_code_needed` or `room_code_wrong` where the venue is full, `door_closed`, `removed`.
    """

    permission_classes = (TokenMay,)

    @extend_schema(auth=[], request=serializers.JoinInput, responses={201: serializers.NewAttendee})
    def post(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        refuse_removed(request, jam)
        wanted = valid(serializers.JoinInput, request)
        performer = remembered(jam, wanted.pop("performer", None))
        attendee, token = join_jam(jam=jam, performer=performer, **wanted)
        body = {"id": attendee.pk, "display_name": attendee.display_name, "token": token}
        return Response(body, status=201)


def remembered(jam: Jam, token: str | None) -> Performer | None:
    performer = performer_with(token, jam.venue)
    if token is not None and performer is None:
        raise Invalid(fields={"performer": [_("This venue remembers nobody by this token. Join without it.")]})
    return performer


class Desk(APIView):
    """For hosts: what waits for them, who is in the room, and counts that the room may not see."""

    COUNT = ("id", "votes", "counted_at", "revision")

    @extend_schema(responses=serializers.DeskOutput)
    def get(self, request: Request, slug: str) -> Response:
        desk = desk_of(hosted_jam(request, slug))
        pending = serializers.PendingSong(desk["pending"], many=True).data
        attendees = serializers.AttendeeOutput(desk["attendees"], many=True).data
        body = {
            "pending": fitting(pending, MOST_BYTES // 4),
            "songs": [{name: song[name] for name in self.COUNT} for song in desk["songs"]],
        }
        body["attendees"] = fitting(attendees, MOST_BYTES - size_of(body))
        return Response(body)


def timed(response: Response, *closings: datetime | None) -> Response:
    response.stale_at = first_closing(*closings)  # type: ignore[attr-defined]
    return response


def created(jam: Jam) -> Response:
    return tagged(Response(output(jam), status=201, headers={"Location": f"/api/v1/jams/{jam.slug}"}))


def output(jam: Jam) -> Any:
    return serializers.jam_output(Jam.objects.values(*serializers.JAM_COLUMNS).get(pk=jam.pk))


def state_of(jam_song: JamSong) -> dict[str, Any]:
    """For the host who acted: with the count, and also when it is not on the board any more."""
    at = stamp(jam_song.jam)
    return song_state(JamSong.objects.filter(pk=jam_song.pk).values_list(*FIELDS).get(), at)
