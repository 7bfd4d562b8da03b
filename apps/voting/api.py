"""What attendees do over HTTP: vote, suggest, see and change what is theirs."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from apps.accounts.roles import Right
from apps.catalog.statistics import count_choice
from apps.core.answers import JSON
from apps.core.api import Empty, valid
from apps.core.cached import wants_json
from apps.core.errors import Invalid
from apps.core.formats import dumps
from apps.core.lateness import is_late, late
from apps.core.middleware import from_our_page
from apps.core.prepared import at_once
from apps.jams.api import state_of
from apps.jams.attendees import rename_attendee, set_instruments
from apps.jams.auth import BY_ATTENDEE, BY_HOST, attendee_of, hosted_jam, jam_of, jam_song_of
from apps.jams.board import FIELDS, bare, song_state, stamp
from apps.jams.errors import NotAHost
from apps.jams.filters import JamSongFilter
from apps.jams.identity import secret_shown, secrets_in
from apps.jams.lineup import add_songs
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.people_api import person_of
from apps.jams.serializers import SongInput, SongState
from apps.voting import operations
from apps.voting.clusters import clusters_of, described
from apps.voting.meant import meant
from apps.voting.models import Vote
from apps.voting.on_behalf import vote_for
from apps.voting.queries import mine
from apps.voting.serializers import (
    Clusters,
    LineUp,
    Me,
    MeInput,
    MergeInput,
    MyVote,
    Nothing,
    TallyOutput,
    UndoInput,
    UndoOutput,
    VoidInput,
    VoidOutput,
)
from apps.voting.songs import merge_songs, reopen_song
from apps.voting.undo import undo


class VoteView(APIView):
    """PUT casts the vote, DELETE takes it back; both may be said again."""

    permission_classes = (TokenMay,)
    says_nothing_twice = True  # by nature, without an Idempotency-Key

    def dispatch(self, request: Any, slug: str, pk: int) -> Any:
        """At once where nothing is to be said against it; otherwise with the framework, which finds out what."""
        answer = vote_at_once(request, slug, pk) if settings.VOTES_AT_ONCE else None
        return answer or super().dispatch(request, slug=slug, pk=pk)

    @extend_schema(auth=BY_ATTENDEE, request=None, responses=TallyOutput)
    def put(self, request: Request, slug: str, pk: int) -> HttpResponse:
        return self.answer(request, slug, pk, cast=True)

    @extend_schema(auth=BY_ATTENDEE, responses={200: TallyOutput})
    def delete(self, request: Request, slug: str, pk: int) -> HttpResponse:
        return self.answer(request, slug, pk, cast=False)

    def answer(self, request: Request, slug: str, pk: int, *, cast: bool) -> HttpResponse:
        jam = jam_of(request, slug)
        attendee = attendee_of(request, jam)
        jam_song = jam_song_of(jam, pk)
        if jam_song.status == JamSong.Status.PENDING:  # for the room it is not there yet
            raise Http404
        valid(Nothing, request)
        if is_late(request):
            return late(request)
        operation = operations.cast_vote if cast else operations.take_back_vote
        return Response(operation(jam_song=jam_song, attendee=attendee)._asdict())


def vote_at_once(request: HttpRequest, slug: str, song: int) -> HttpResponse | None:
    """The answer to a vote that is taken, the same that the framework would give."""
    given = request.META.get
    body = given("QUERY_STRING") or given("CONTENT_LENGTH") not in {None, "", "0"}
    if request.method not in {"PUT", "DELETE"} or body or not wants_json(given("HTTP_ACCEPT", "")):
        return None
    # A cookie comes along whatever page asks; a token does not.
    if authorization := given("HTTP_AUTHORIZATION"):
        secrets = [secret] if (secret := secret_shown(authorization)) else []
    else:
        secrets = secrets_in(request.COOKIES) if from_our_page(request) else []
    if not secrets or is_late(request):
        return None
    wanted = {"slug": slug, "song": song, "secrets": secrets, "voted": request.method == "PUT"}
    tally = at_once(operations.vote_by_secret, **wanted)
    return HttpResponse(dumps(tally._asdict()), content_type=JSON) if tally else None


class JamSongs(GenericAPIView):
    """The songs of the jam, in the order of the board. Attendees suggest, hosts add."""

    permission_classes = (TokenMay,)
    scope = ApiToken.Scope.JAMS
    queryset = JamSong.objects.none()  # the browsable API asks for one
    serializer_class = SongState
    filterset_class = JamSongFilter

    @extend_schema(auth=[], operation_id="jam_songs_list", responses=SongState(many=True))
    def get(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        at = stamp(jam)
        songs = self.filter_queryset(JamSong.objects.filter(jam=jam).board(jam.shows_counts))
        page = self.paginate_queryset(songs.values_list(*FIELDS))
        return self.get_paginated_response(bare(jam, [song_state(row, at) for row in page or []]))

    @extend_schema(
        auth=BY_ATTENDEE + BY_HOST,
        request=SongInput,
        responses={201: PolymorphicProxySerializer("SongOrLineUp", [SongState, LineUp], None)},
    )
    def post(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        if jam.lets(request.user, Right.RUN):
            wanted = valid(SongInput, request)
            found_by = wanted.pop("found_by", "")
            if "instrument" in wanted:
                raise Invalid(fields={"instrument": [_("Leave it out: hosts sign people up at the song's slots.")]})
            answer = self.add(request, jam, wanted)
            if "song" in wanted:
                count_choice(found_by, wanted["song"], venue=jam.venue.slug)
            return answer
        attendee, wanted = attendee_of(request, jam), valid(SongInput, request)
        if "songs" in wanted:
            raise NotAHost
        found_by = wanted.pop("found_by", "")
        jam_song = operations.suggest_song(jam=jam, attendee=attendee, **wanted)
        count_choice(found_by, jam_song.song, venue=jam.venue.slug)
        return Response(self.state(jam, jam_song), status=201)

    def add(self, request: Request, jam: Jam, wanted: dict[str, Any]) -> Response:
        songs = wanted.get("songs") or [wanted.get("song") or meant(jam=jam, **wanted)]
        added, skipped = add_songs(jam=jam, host=user_of(request), songs=songs)
        if "songs" not in wanted:
            jam_song = added[0] if added else jam.songs.get(song=skipped[0])
            return Response(self.state(jam, jam_song), status=201 if added else 200)
        return Response({"added": [js.pk for js in added], "skipped": [song.pk for song in skipped]}, status=201)

    def state(self, jam: Jam, jam_song: JamSong) -> dict[str, Any]:
        at = stamp(jam)
        row = JamSong.objects.filter(pk=jam_song.pk).values_list(*FIELDS).get()
        return bare(jam, [song_state(row, at)])[0]


class MyJam(APIView):
    """What is mine in this jam. DELETE: leave, take my votes back, and be erased."""

    permission_classes = (TokenMay,)

    @extend_schema(auth=BY_ATTENDEE, responses=Me)
    def get(self, request: Request, slug: str) -> Response:
        return self.answer(attendee_of(request, jam_of(request, slug)))

    @extend_schema(auth=BY_ATTENDEE, request=MeInput, responses=Me)
    def patch(self, request: Request, slug: str) -> Response:
        attendee, wanted = attendee_of(request, jam_of(request, slug)), valid(MeInput, request)
        with transaction.atomic():
            if "display_name" in wanted:
                attendee = rename_attendee(attendee=attendee, display_name=wanted["display_name"])
            if "instruments" in wanted:
                attendee = set_instruments(attendee=attendee, instruments=wanted["instruments"])
        return self.answer(attendee)

    @extend_schema(auth=BY_ATTENDEE, responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        operations.leave_jam(attendee=attendee_of(request, jam_of(request, slug)))
        return Empty()

    def answer(self, attendee: Attendee) -> Response:
        return Response(Me(mine(attendee)).data)


class MyVotes(GenericAPIView):
    """What the calling attendee voted for, the latest first. Nobody else learns it, the hosts neither."""

    permission_classes = (TokenMay,)
    queryset = Vote.objects.none()  # the browsable API asks for one
    serializer_class = MyVote
    filter_backends = ()

    @extend_schema(auth=BY_ATTENDEE, operation_id="jam_votes_list", responses=MyVote(many=True))
    def get(self, request: Request, slug: str) -> Response:
        attendee = attendee_of(request, jam_of(request, slug))
        votes = Vote.objects.filter(attendee=attendee).select_related("jam_song__song").order_by("-created_at", "-pk")
        return self.get_paginated_response(MyVote(self.paginate_queryset(votes) or [], many=True).data)


class AttendeeDetail(APIView):
    """A host takes somebody off the jam, with their votes."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        jam = hosted_jam(request, slug)
        attendee: Attendee = get_object_or_404(Attendee.objects.select_related("jam"), jam=jam, pk=pk)
        operations.remove_attendee(attendee=attendee, host=user_of(request))
        return Empty()


class VoteOfAttendee(APIView):
    """A host votes for somebody without a phone; 409 `votes_themselves` for who has one. Both may be said again."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=None, responses=TallyOutput)
    def put(self, request: Request, slug: str, pk: int, song: int) -> Response:
        return self.answer(request, slug, pk, song, voted=True)

    @extend_schema(request=None, responses={200: TallyOutput})
    def delete(self, request: Request, slug: str, pk: int, song: int) -> Response:
        return self.answer(request, slug, pk, song, voted=False)

    def answer(self, request: Request, slug: str, pk: int, song: int, *, voted: bool) -> Response:
        jam = hosted_jam(request, slug)
        person, jam_song = person_of(jam, pk), jam_song_of(jam, song)
        tally = vote_for(jam_song=jam_song, attendee=person, host=user_of(request), voted=voted)
        return Response(tally._asdict())


class JamClusters(APIView):
    """For hosts: attendees who joined close together and vote alike, as a script does."""

    @extend_schema(responses=Clusters)
    def get(self, request: Request, slug: str) -> Response:
        clusters = clusters_of(hosted_jam(request, slug))
        return Response(Clusters({"clusters": described(clusters)}).data)


class VoidClusters(APIView):
    """Takes the attendees of a cluster off the jam with their votes, in one step: those that the host has seen."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=VoidInput, responses=VoidOutput)
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(VoidInput, request)
        return Response(operations.void_attendees(jam=jam, host=user_of(request), **wanted)._asdict())


class JamSongEncore(APIView):
    """A played song is open again, as an encore: without votes, which have come back to their voters."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=None, responses=SongState)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam_song = jam_song_of(hosted_jam(request, slug), pk)
        reopen_song(jam_song=jam_song, host=user_of(request))
        return Response(state_of(jam_song))


class JamSongMerge(APIView):
    """Two songs of the jam that are one: the votes are united by attendee, this one is removed. Answers the other."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=MergeInput, responses=SongState)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam = hosted_jam(request, slug)
        jam_song, wanted = jam_song_of(jam, pk), valid(MergeInput, request)
        into = jam.songs.filter(pk=wanted["into"]).first()
        if into is None:
            raise Invalid(fields={"into": [_("No song of this jam has this id.")]})
        return Response(state_of(merge_songs(jam_song=jam_song, into=into, host=user_of(request))))


class JamUndo(APIView):
    """Takes the caller's own last action back, within half a minute: one on a song, or people taken off.

    409 `nothing_to_undo`, `undo_too_late`, `changed_since` where others have changed it meanwhile, `wrong_status`.
    """

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=UndoInput, responses=UndoOutput)
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        undone = undo(jam=jam, host=user_of(request), **valid(UndoInput, request))
        song = state_of(jam_song_of(jam, undone.song)) if undone.song else None
        return Response(undone._asdict() | {"song": song})
