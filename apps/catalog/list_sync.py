"""A song list is fetched, compared, and applied by itself where the venue wants that and not too much goes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.catalog import list_applying
from apps.catalog.list_applying import lets
from apps.catalog.list_differences import Kind, State, compare
from apps.catalog.list_fetching import Get, public_list, refresh
from apps.catalog.list_models import SongList

Told = Callable[[int, int], Any]  # how many differences are applied, of how many


def finish_and_look(*, song_list: SongList, told: Told, get: Get | None = None) -> SongList:
    """Fetches and compares; what is half applied is applied before. Said again, it changes nothing. Raises
    ListNotFetched."""
    finish(song_list=song_list, told=told)
    song_list.refresh_from_db()
    return compare(song_list=refresh(song_list=song_list, get=get or public_list))


def look_and_apply(*, song_list: SongList, told: Told, get: Get | None = None) -> SongList:
    """The same, and applies it where the venue wants that. Raises ListNotFetched."""
    song_list = finish_and_look(song_list=song_list, told=told, get=get)
    if takes_by_itself(song_list):
        begin(song_list=song_list, by=song_list.changed_by)
        finish(song_list=song_list, told=told)
        song_list.refresh_from_db()
    return song_list


def takes_by_itself(song_list: SongList) -> bool:
    """Not where a row could not be read at all, since its song would go; nor where too many would."""
    if not (song_list.by_itself and song_list.state == State.READY and lets(song_list, song_list.changed_by)):
        return False
    counts = song_list.counts
    gone, listed = counts.get(Kind.GONE, 0), counts.get("listed", 0)
    few = gone * 100 <= listed * settings.SONG_LIST_MOST_GONE
    return few and not (gone and counts.get("nameless")) and song_list.differences.decided().exists()


def begin(*, song_list: SongList, by: User | None) -> None:
    """If nobody was faster, and nothing else is shown by now."""
    seen = SongList.objects.filter(pk=song_list.pk, state=State.READY, shown=song_list.shown)
    seen.update(state=State.APPLYING, applied_by=by, applied={})


def finish(*, song_list: SongList, told: Told) -> None:
    """Applies what is left of a list that is being applied; nothing of any other."""
    of = song_list.differences.decided().count()
    while list_applying.go_on(pk=song_list.pk):
        told(of - song_list.differences.decided().count(), of)
