"""The stage over HTTP: what there is to play, who plays it, and signing up."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from apps.accounts.roles import Right
from apps.core.api import Empty, valid
from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting
from apps.jams.auth import BY_ATTENDEE, BY_HOST, attendee_of, hosted_jam, jam_of, jam_song_of
from apps.jams.models import Attendee, Jam
from apps.stage import operations, slots
from apps.stage.filters import SlotFilter
from apps.stage.models import SignUp, Slot
from apps.stage.my_set import my_set
from apps.stage.serializers import SLOT_COLUMNS, MySet, SetSong, SignUpInput, SignUpOutput, SlotInput, SlotOutput


class Slots(GenericAPIView):
    """The slots of the jam's songs, song by song: the same for everybody. A host adds one."""

    scope = ApiToken.Scope.JAMS
    queryset = Slot.objects.none()  # the browsable API asks for one
    serializer_class = SlotOutput
    filterset_class = SlotFilter

    @extend_schema(auth=[], operation_id="jam_slots_list", responses=SlotOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = self.filter_queryset(shown(jam_of(request, slug)))
        page = self.paginate_queryset(found.values(*SLOT_COLUMNS))
        return self.get_paginated_response([slot_output(row) for row in page or []])

    @extend_schema(request=SlotInput, responses={201: SlotOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(SlotInput, request)
        jam_song = jam_song_of(jam, wanted.pop("jam_song"))
        slot = slots.add_slot(jam_song=jam_song, host=user_of(request), **wanted)
        rows = Slot.objects.filter(pk=slot.pk).with_holders().with_playable()
        return Response(slot_output(rows.values(*SLOT_COLUMNS).get()), status=201)


class SlotDetail(APIView):
    """A host takes a slot away, with its sign-ups."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        jam = hosted_jam(request, slug)
        slots.remove_slot(slot=slot_of(jam, pk), host=user_of(request))
        return Empty()


class SignUps(GenericAPIView):
    """My sign-ups, with my place in each line; for hosts those of everybody. POST signs me up for a slot: the first
    claim has it, the next ones wait in order. Said twice, it is the same sign-up."""

    permission_classes = (TokenMay,)
    queryset = SignUp.objects.none()
    serializer_class = SignUpOutput
    filter_backends = ()

    @extend_schema(auth=BY_ATTENDEE + BY_HOST, operation_id="jam_signups_list", responses=SignUpOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        found = all_sign_ups(jam)
        if not jam.lets(request.user, Right.RUN):
            found = found.filter(attendee=attendee_of(request, jam))
        return self.get_paginated_response(SignUpOutput(self.paginate_queryset(found) or [], many=True).data)

    @extend_schema(auth=BY_ATTENDEE, request=SignUpInput, responses={201: SignUpOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        attendee = attendee_of(request, jam)
        slot = slot_of(jam, valid(SignUpInput, request)["slot"])
        return Response(output(operations.sign_up(slot=slot, attendee=attendee)), status=201)


class MySetView(APIView):
    """What I play tonight, in the order in which it comes, with key, tempo, chords, and when to expect it."""

    permission_classes = (TokenMay,)

    @extend_schema(auth=BY_ATTENDEE, responses=MySet)
    def get(self, request: Request, slug: str) -> Response:
        jam = jam_of(request, slug)
        songs = SetSong(my_set(jam, attendee_of(request, jam)), many=True).data
        return Response({"songs": fitting(songs, MOST_BYTES)})


class SignUpDetail(APIView):
    """I withdraw, or a host takes somebody off. The first in line has the slot then."""

    permission_classes = (TokenMay,)
    scope = ApiToken.Scope.JAMS

    @extend_schema(auth=BY_ATTENDEE + BY_HOST, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        sign_up, by_host = sign_up_of(request, slug, pk)
        if by_host:
            operations.take_off(sign_up=sign_up, host=user_of(request))
        else:
            operations.withdraw(sign_up=sign_up)
        return Empty()


class CheckIn(APIView):
    """“I'm here”, said by who holds the slot, or by a host who has seen them."""

    permission_classes = (TokenMay,)
    scope = ApiToken.Scope.JAMS

    @extend_schema(auth=BY_ATTENDEE + BY_HOST, request=None, responses=SignUpOutput)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        sign_up, by_host = sign_up_of(request, slug, pk)
        if by_host:
            operations.check_in_for(sign_up=sign_up, host=user_of(request))
        else:
            operations.check_in(sign_up=sign_up)
        return Response(output(sign_up))


class MoveSignUp(APIView):
    """A host gives somebody another slot. Two who both hold one swap; who held it and gets none in return waits."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=SignUpInput, responses=SignUpOutput)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(SignUpInput, request)
        sign_up = get_object_or_404(all_sign_ups(jam), pk=pk)
        operations.move_sign_up(sign_up=sign_up, slot=slot_of(jam, wanted["slot"]), host=user_of(request))
        return Response(output(sign_up))


class SignUpsOfAttendee(APIView):
    """A host signs somebody up, who may have no phone. No limit holds them there."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=SignUpInput, responses={201: SignUpOutput})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(SignUpInput, request)
        attendee: Attendee = get_object_or_404(Attendee.objects.select_related("jam"), jam=jam, pk=pk)
        slot = slot_of(jam, wanted["slot"])
        sign_up = operations.sign_up_for(slot=slot, attendee=attendee, host=user_of(request))
        return Response(output(sign_up), status=201)


def shown(jam: Jam) -> Any:
    return Slot.objects.shown(jam).with_holders().with_playable()


def slot_output(row: dict[str, Any]) -> dict[str, Any]:
    """What SlotOutput says, of a row of `values(*SLOT_COLUMNS)`."""
    title = row.pop("jam_song__song__title")
    return {"id": row["id"], "jam_song": row["jam_song"], "title": cut(title, LONGEST_TITLE)} | row


def slot_of(jam: Jam, pk: int) -> Slot:
    """Of this jam; raises Http404."""
    return get_object_or_404(Slot.objects.select_related("jam_song__jam"), jam_song__jam=jam, pk=pk)


def all_sign_ups(jam: Jam) -> Any:
    return SignUp.objects.of_a_jam(jam).select_related("attendee", "slot__jam_song__song").with_place()


def sign_up_of(request: Request, slug: str, pk: int) -> tuple[SignUp, bool]:
    """The sign-up, and whether a host asks. To others those of other people are not there."""
    jam = jam_of(request, slug)
    there = SignUp.objects.filter(slot__jam_song__jam=jam).select_related("attendee", "slot__jam_song__jam")
    if jam.lets(request.user, Right.RUN):
        return get_object_or_404(there, pk=pk), True
    return get_object_or_404(there, pk=pk, attendee=attendee_of(request, jam)), False


def output(sign_up: SignUp) -> Any:
    rows = SignUp.objects.filter(pk=sign_up.pk).select_related("attendee", "slot__jam_song__song").with_place()
    return SignUpOutput(rows.get()).data
