"""What the library itself has of two songs that are one: facts, what venues say of them, how often they were looked at.

The operation stands in apps/voting/merging.py, since votes move with it. Everything here runs under its locks.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F

from apps.catalog.list_models import ListDifference
from apps.catalog.models import LibrarySong, Song, SongView
from apps.catalog.music import MAX_TAGS
from apps.catalog.run_models import ImportQuestion
from apps.core.write_behind import add_up

# What the one lacks it takes from the other; what was found at a chord sheet goes with its address.
FACTS = ("year", "key", "tempo", "duration", "style", "parts", "chord_sheet_url")
SHEET = ("chord_sheet_checked_url", "chord_sheet_found", "chord_sheet_answer", "chord_sheet_checked_at")
LONGEST_NOTE = LibrarySong._meta.get_field("note").max_length or 0


def unite_songs(song: Song, into: Song) -> tuple[dict[str, Any], dict[str, Any]]:
    """Writes what `into` has of `song` from now on. Answers what of it has changed: before and after."""
    new = united_facts(song, into)
    before = {name: getattr(into, name) for name in new}
    for name, value in new.items():
        setattr(into, name, value)
    if new:
        into.save(update_fields=[*new])
    unite_libraries(song, into)
    ImportQuestion.objects.filter(song=song).update(song=into)
    ListDifference.objects.filter(song=song).update(song=into)
    views = SongView.objects.filter(song=song).order_by("day").values_list("day", "times")
    add_up(SongView, [(into.pk, day, times) for day, times in views], by=("song", "day"))
    return before, new


def united_facts(song: Song, into: Song) -> dict[str, Any]:
    facts = {name: getattr(song, name) for name in FACTS if not getattr(into, name)}
    if "chord_sheet_url" in facts:
        facts |= {name: getattr(song, name) for name in SHEET}
    facts |= {
        "tags": list(dict.fromkeys([*into.tags, *song.tags]))[:MAX_TAGS],
        "popularity": max(into.popularity, song.popularity),
        "listed": into.listed or song.listed,
        "times_played": into.times_played + song.times_played,
        "last_played": latest(into.last_played, song.last_played),
    }
    return {name: value for name, value in facts.items() if value != getattr(into, name)}


def unite_libraries(song: Song, into: Song) -> None:
    """What venues say of the two. A ban of one of them is a ban of both, since the first of the two bans."""
    there = {row.venue_id: row for row in LibrarySong.objects.filter(song=into)}
    for row in LibrarySong.objects.filter(song=song).exclude(venue__in=there).order_by("pk"):
        LibrarySong.objects.filter(pk=row.pk).update(song=into)
    for row in LibrarySong.objects.filter(song=song).order_by("pk"):
        unite_rows(row, there[row.venue_id])


def unite_rows(row: LibrarySong, kept: LibrarySong) -> None:
    banned = [one for one in (kept, row) if one.banned_at]
    first = min(banned, key=lambda one: (one.banned_at, one.pk), default=kept)
    LibrarySong.objects.filter(pk=kept.pk).update(
        key=kept.key or row.key,
        note=both_notes(kept.note, row.note),
        why=first.why,
        banned_at=first.banned_at,
        times_played=F("times_played") + row.times_played,
        last_played=latest(kept.last_played, row.last_played),
        listed_as=kept.listed_as or row.listed_as,
    )
    row.delete()


def both_notes(one: str, other: str) -> str:
    """What is said twice is said once; what is too long together is cut at its end."""
    notes = dict.fromkeys(note for note in (one, other) if note)
    return " / ".join(notes)[:LONGEST_NOTE].strip()


def latest(*moments: Any) -> Any:
    return max((at for at in moments if at), default=None)


def venues_that_ban(songs: Iterable[int]) -> set[int]:
    return set(LibrarySong.objects.banned().filter(song__in=songs).values_list("venue", flat=True))
