"""Attendees and votes for staff: whoever goes is taken off with their votes, and the board follows."""

from itertools import groupby
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import InfinitePaginator, OperationsAdmin, ReadOnlyAdmin, staff, step
from apps.jams.attendees import rename_attendee
from apps.jams.models import Attendee
from apps.voting import song_admin  # noqa: F401 — adds its action
from apps.voting.corrections import delete_votes
from apps.voting.models import Vote
from apps.voting.operations import leave_jam, remove_attendee


@admin.register(Attendee)
class AttendeeAdmin(OperationsAdmin):
    list_display = ("__str__", "jam", "state", "number_of_votes", "created_at", "last_seen")
    list_display_links = ("__str__",)
    list_filter = ("state",)
    list_select_related = ("jam",)
    search_fields = ("display_name", "folded_name", "jam__name", "jam__slug")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("jam", "display_name", "state", "instruments", "number_of_votes", "created_at", "last_seen")
    readonly_fields = ("jam", "state", "instruments", "number_of_votes", "created_at", "last_seen")
    actions = (step(_("Take off the jam with votes"), remove_attendee, "attendee"), "erase")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attendee]:
        votes = (
            Vote.objects.filter(attendee=OuterRef("pk"), month=OuterRef("jam__month"))
            .order_by()
            .values("attendee")
            .annotate(n=Count("pk"))
        )
        return super().get_queryset(request).annotate(number_of_votes=Coalesce(Subquery(votes.values("n")), 0))

    @admin.display(description=_("votes"), ordering="number_of_votes")
    def number_of_votes(self, attendee: Any) -> int:
        return attendee.number_of_votes

    @admin.action(description=_("Erase name, secret and votes"))
    def erase(self, request: HttpRequest, attendees: QuerySet[Attendee]) -> None:
        self.each(request, attendees, lambda attendee: leave_jam(attendee=attendee))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an attendee is who holds the secret

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # see the actions

    def save_model(self, request: HttpRequest, obj: Attendee, form: Any, change: bool) -> None:
        if "display_name" in form.changed_data:
            attendee = Attendee.objects.get(pk=obj.pk)
            rename_attendee(attendee=attendee, display_name=form.cleaned_data["display_name"])


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    list_display = ("attendee", "jam_song", "jam", "created_at")
    list_select_related = ("attendee", "jam_song__song", "jam_song__jam")
    search_fields = ("attendee__display_name", "jam_song__song__title", "jam_song__song__artist", "jam_song__jam__slug")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    @admin.display(description=_("jam"))
    def jam(self, vote: Vote) -> Any:
        return vote.jam_song.jam

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).has_perm("voting.delete_vote")

    def delete_model(self, request: HttpRequest, obj: Vote) -> None:
        self.delete_queryset(request, Vote.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Vote]) -> None:
        votes = queryset.select_related("jam_song__jam", "attendee__jam").order_by("jam_song__jam", "pk")
        for jam, of_jam in groupby(votes, key=lambda vote: vote.jam_song.jam):
            delete_votes(jam=jam, host=staff(request), votes=of_jam)
