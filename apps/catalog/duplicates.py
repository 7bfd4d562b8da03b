"""Whether two songs are one: `same`, `different`, or for a person to say. Pure.

What is asked is the recording that people mean: spellings, credits and issues do not matter; another artist's cover
is another song; a live version, a remix, a slip of the pen or a doubtful guest is for a person to judge.
"""

from enum import StrEnum
from typing import NamedTuple

from rapidfuzz.distance import OSA

from apps.catalog.names import Credits, Title, read_artist, read_title

CLOSE = 2  # years between a recording and its chart, or its album
FAR = 10
SLIPS = ((5, 0), (8, 1), (14, 2))  # letters of a name → slips of the pen in it that are still one
MOST_SLIPS = 3
SHORTEST_BEGINNING = 4  # that makes a name part of a longer one: Drake is not Drakeford, perhaps


class Verdict(StrEnum):
    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


class Named(NamedTuple):
    """A song as somebody names it."""

    title: str
    artist: str
    year: int | None = None


class Whose(StrEnum):
    SAME = "same"  # all who are credited
    BAND = "band"  # one names the band too
    GUESTS = "guests"  # one names more guests
    SHARED = "shared"  # somebody is in both, but both have others, or another first
    ALIKE = "alike"  # a slip of the pen, or a name and a longer one
    OTHER = "other"


VAGUE = (Whose.SHARED, Whose.ALIKE)


class Called(StrEnum):
    SAME = "same"
    VERSION = "version"
    ALIKE = "alike"
    OTHER = "other"


def compare(one: Named, other: Named) -> Verdict:
    """Whether the two are one song; the order of the two does not matter."""
    first, second = read_title(one.title), read_title(other.title)
    called = compare_titles(first, second)
    if called is Called.OTHER:
        return Verdict.DIFFERENT
    whose = compare_artists(with_guests(one.artist, first), with_guests(other.artist, second))
    apart = abs(one.year - other.year) if one.year and other.year else None
    if whose is Whose.OTHER or (whose in VAGUE and (apart or 0) >= FAR):
        return Verdict.DIFFERENT
    if whose is Whose.SHARED and called is Called.ALIKE:
        return Verdict.DIFFERENT
    if called is Called.SAME and certain(whose, apart, exact=first.plain == second.plain):
        return Verdict.SAME
    return Verdict.ASK


def certain(whose: Whose, apart: int | None, *, exact: bool) -> bool:
    """Whether songs of one title by these, so many years apart, are one."""
    close = apart is None or apart <= CLOSE
    if whose is Whose.BAND:
        return close
    if whose is Whose.GUESTS:
        return apart is not None and apart <= 1
    return whose is Whose.SAME and (exact or close)


def compare_titles(one: Title, other: Title) -> Called:
    if one.part != other.part and one.part and other.part:
        return Called.OTHER
    if one.core == other.core or one.full in {other.core, other.full} or one.core == other.full:
        if one.sub and other.sub and one.sub != other.sub and one.full != other.full:
            return Called.ALIKE
        told_apart = one.versions != other.versions or one.part != other.part or odd_year(one, other)
        return Called.VERSION if told_apart else Called.SAME
    if digits(one.core) != digits(other.core):  # Part 1 is no slip of the pen for part 2
        return Called.OTHER
    return Called.ALIKE if slip(one.core, other.core) or slip(one.full, other.full) else Called.OTHER


def odd_year(one: Title, other: Title) -> bool:
    """One of them is told from an older one: 'Do They Know It's Christmas? (2014)'."""
    return any(sub.isdigit() for sub in one.sub ^ other.sub)


def compare_artists(one: str, other: str) -> Whose:
    ones, others = read_artist(one), read_artist(other)
    if ones.words == others.words or ones.names == others.names or ones.line == others.line:
        return Whose.SAME
    if ones.names.isdisjoint(others.names):
        return alike(ones.lead, others.lead)
    return added(ones, others)


def added(ones: Credits, others: Credits) -> Whose:
    """What those are to each other who are credited with one of two songs alone."""
    both = ones.names & others.names
    one_more = both in (ones.names, others.names)
    if ones.lead == others.lead:
        if all(act.backing for act in ones.acts + others.acts if act.name not in both):
            return Whose.BAND
        return Whose.GUESTS if one_more else Whose.SHARED
    fewer, more = sorted((ones, others), key=lambda one: len(one.acts))
    alone = one_more and any(act.backing for act in more.acts if act.name == fewer.lead)
    return Whose.GUESTS if alone else Whose.SHARED


def alike(one: str, other: str) -> Whose:
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    begins = len(shorter) >= SHORTEST_BEGINNING and longer.startswith(shorter)
    return Whose.ALIKE if begins or slip(one, other) else Whose.OTHER


def slip(one: str, other: str) -> bool:
    """Whether one is the other with a letter or two wrong."""
    length = min(len(one), len(other))
    if abs(len(one) - len(other)) > MOST_SLIPS:
        return False
    most = next((slips for letters, slips in SLIPS if length < letters), MOST_SLIPS)
    return most > 0 and OSA.distance(one, other, score_cutoff=most) <= most


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def with_guests(artist: str, title: Title) -> str:
    """The credits, with those that stand in the title."""
    return f"{artist} feat. {title.guests}" if title.guests else artist
