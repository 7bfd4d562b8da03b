"""Songs are merged in the admin from here, where votes can move: an action of the list in apps/catalog/admin.py."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.catalog.admin import SongAdmin
from apps.catalog.models import Song
from apps.catalog.song_actions import page
from apps.core.admin import staff, words
from apps.core.errors import DomainError
from apps.voting.merging import merge_songs, what_moves

MOST_MERGED = 20  # into one at once


class IntoForm(forms.Form):
    into = forms.TypedChoiceField(
        label=gettext_lazy("The song that stays"),
        coerce=int,
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": gettext_lazy("Choose the song that stays.")},
    )

    def __init__(self, songs: list[Song], *args: Any) -> None:
        super().__init__(*args)
        self.fields["into"].choices = [(song.pk, isolated(song)) for song in songs]  # type: ignore[attr-defined]


def isolated(song: Song) -> str:
    """Its letters go their own way on a page that goes another."""
    return f"\u2068{song}\u2069"


def told(song: Song) -> str:
    """So that one sees which of two is the better one."""
    times = song.times_played
    plays = ngettext("played %(n)d time", "played %(n)d times", times) % {"n": times}
    listed = "" if song.listed else _("not in the library")
    facts = [str(song.year or ""), f"\u2068{song.key}\u2069" if song.key else "", song.length, plays, listed]
    return f"{isolated(song)} — {' · '.join(filter(None, facts))}"


@admin.action(description=gettext_lazy("Merge"))
def merge(model_admin: Any, request: HttpRequest, songs: QuerySet[Song]) -> HttpResponse | None:
    found = list(songs.order_by("-listed", "-times_played", "-popularity", "pk")[: MOST_MERGED + 1])
    if not 2 <= len(found) <= MOST_MERGED:
        text = _("Choose two songs that are one, or up to %(most)d.") % {"most": MOST_MERGED}
        model_admin.message_user(request, text, messages.ERROR)
        return None
    form = IntoForm(found, request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        into = form.cleaned_data["into"]
        try:
            stays = merge_songs(
                songs=[song for song in found if song.pk != into],
                into=next(song for song in found if song.pk == into),
                by=staff(request),
            )
        except DomainError as error:
            form.add_error(None, words(error))
        else:
            text = _("Merged into %(song)s: %(n)d.") % {"song": stays, "n": len(found) - 1}
            model_admin.message_user(request, text, messages.SUCCESS)
            return None
    texts = [
        _("All others go: what jams, venues and history have of them is of the one that stays, which takes the facts "
          "that it lacks. Where a jam has several, votes are united by person. A ban of one is a ban of all."),
        _("This is not undone."),
    ]  # fmt: skip
    more = {"form": form, "texts": texts, "rows": [told(song) for song in found], "moves": what_moves(found)}
    return page(model_admin, request, songs, action="merge", title=_("Merge"), **more)


SongAdmin.actions = (*SongAdmin.actions, merge)
