"""Titles and artists taken apart: what a song is called, which version it is, and whose it is. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from apps.catalog.spellings import respelled, shortened, words
from apps.core.text import fold

LONGEST_KEY = 120  # of a stored key; what is longer is told apart by its full names
SHORTEST_PART = 10  # letters of a title that say enough without the rest
CACHED = 20_000  # of an import's batch, and what it is compared with

OWNERS = ("the ", "his ", "her ", "their ")  # what follows them is somebody's band
BANDS = frozenset(
    {"band", "group", "orchestra", "trio", "quartet", "quintet", "combo", "ensemble", "experience", "project"}
)
ROMANS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}

JOINED = re.compile(
    r"""\s*[,;/|+&]\s*(?:\band\s+)?
    |\s+(?:(?:featuring|feat|ft|vs|versus|with|duet\s+with|presents|pres|starring|introducing|and|x|y|et|und|en|مع|و)\b\.?|'?n['’]?)\s+
    """,
    re.VERBOSE,
)
GUESTS = re.compile(r"(?:featuring|feat\b\.?|ft\b\.?|with|duet\s+with|مع)\s*(?=\S)")
GUESTS_OPENLY = re.compile(r"\s(?:featuring|feat\.?|ft\.?)\s+")  # where "with" may be of the title: With Or Without You
BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
BRACKET = re.compile(r"[()\[\]{}]")
DASHED = re.compile(r"\s+[-–—]\s*|\s*[–—]\s+|-\s+")
# The same recording, however it was issued.
ISSUED = re.compile(
    r"""\b(?:remaster(?:ed|izado)?|mono|stereo|explicit|clean|bonus\ track|deluxe|from\ the\ vault
    |(?:radio|single|album|original|lp|main|7\ inch)\ (?:edit|mix|version)|single|(?:digital|deluxe)\ (?:edition|master)
    |(?:theme|music|song)?\s?from\b.*|theme|motion\ picture.*|soundtrack.*|official\b.*)\b""",
    re.VERBOSE,
)
# Another recording, or another song.
VERSIONS = re.compile(
    r"""^live\b|\blive$|\blive\ (?:at|from|in|on|version|session)
    |\b(?:re?mix(?:es|ed)?|mix|version|acoustic|unplugged|demo|instrumental|karaoke|cover|edit|extended|dub|interlude
    |reprise|medley|sessions?|a\ ?cappella|orchestral|symphonic|rework|re\ ?recorded|rehearsal|outtake|alternate
    |take\ \d|tribute|bootleg|mashup|vip|sped\ up|slowed|intro|outro|skit|en\ vivo|in\ concert|مباشر|حفلة)\b""",
    re.VERBOSE,
)
PART = re.compile(r"(?:^|\s)(?:(?:part|pt|chapter|vol|volume)s?|no(?=\s\d))\s+(\d+|[ivx]+)$")
YEAR = re.compile(r"(?:19|20)\d\d")


class Title(NamedTuple):
    """`core`, `full` and `plain` are without spaces; the latter have what stands in brackets too, unless it names a
    version, and `plain` has the articles."""

    core: str
    full: str
    plain: str
    sub: frozenset[str]
    versions: frozenset[str]
    part: str
    guests: str


class Act(NamedTuple):
    name: str
    backing: bool = False


class Credits(NamedTuple):
    """Who is credited, in order; and the words of all names, without those that join them."""

    acts: tuple[Act, ...]
    names: frozenset[str]
    line: str
    words: tuple[str, ...]

    @property
    def lead(self) -> str:
        return self.acts[0].name


@lru_cache(CACHED)
def read_title(text: str) -> Title:
    """What a title says beside the song's name: the version, the part, who is a guest."""
    text = respelled(text)
    notes = [note_of(note) for note in BRACKETS.findall(text)]
    name, dashed = name_of(BRACKETS.sub(" ", text))
    whole = name_of(BRACKETS.sub(bare, text))[0] if notes else name
    said: dict[str, list[str]] = {}
    for kind, what in notes + dashed:
        said.setdefault(kind, []).append(what)
    if found := PART.search(" ".join(name)):
        said.setdefault("part", []).append(number(found[1]))
        name = name[: -len(found[0].split())] or name
    sure = "".join(fold(text).split())  # where a note is all there is
    core, full, plain = "".join(shortened(name)), "".join(shortened(whole)), "".join(whole)
    return Title(
        core or full or sure,
        full or core or sure,
        plain,
        frozenset(said.get("", ())) - {""},
        frozenset(said.get("version", ())),
        said.get("part", [""])[0],
        ", ".join(said.get("guests", ())),
    )


def name_of(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The words of a title without brackets, and the notes that stand behind it."""
    title, *guests = GUESTS_OPENLY.split(f" {text} ", maxsplit=1)
    name, *dashed = DASHED.split(title.strip())
    notes = [note_of(note) for note in dashed]
    names = [name, *(note for note, (kind, _what) in zip(dashed, notes, strict=True) if not kind)]
    told = [(kind, what) for kind, what in notes if kind]
    return words(" ".join(names)), told + [("guests", guest.strip()) for guest in guests]


def note_of(note: str) -> tuple[str, str]:
    """What kind of note it is that stands behind a title, and what it says."""
    if found := GUESTS.match(note.strip()):
        return "guests", note.strip()[found.end() :]
    said = words(note)
    line = " ".join(said)
    if found := PART.search(line):
        return "part", number(found[1])
    left = YEAR.sub("", ISSUED.sub("", line)).strip()
    if VERSIONS.search(left):
        return "version", "".join(said)
    if ISSUED.search(line):
        return "issued", ""
    return "", "".join(shortened(said))


def bare(note: re.Match[str]) -> str:
    """What stands in brackets, if it belongs to the title's own words."""
    return " " if note_of(note[1])[0] else f" {note[1]} "


@lru_cache(CACHED)
def read_artist(text: str) -> Credits:
    """What the name of an artist says of all who are credited."""
    plain = respelled(BRACKET.sub(" ", text))
    acts = acts_of(plain) or (Act("".join(fold(text).split())),)
    said = tuple(sorted(word for word in shortened(words(JOINED.sub(" ", plain))) if word != "and"))
    return Credits(acts, frozenset(act.name for act in acts), "".join(act.name for act in acts), said)


def acts_of(text: str) -> tuple[Act, ...]:
    acts: list[Act] = []
    joint, start = "", 0
    for found in [*JOINED.finditer(text), None]:
        name = text[start : found.start() if found else None].strip()
        backing = bool(acts) and name.startswith(OWNERS) and joint in {"and", "&", "with", "+", "n"}
        if key := act_key(name):
            acts.append(Act(key, backing))
        if found:
            joint, start = found[0].strip(" '’."), found.end()
    return tuple(acts)


def act_key(name: str) -> str:
    """A name without articles and middle initials: 'Vanessa L. Williams' → 'vanessawilliams', 'M.C.' → 'mc'."""
    for owner in OWNERS:
        name = name.removeprefix(owner)
    joined = words(name)
    kept = [word for place, word in enumerate(joined) if len(word) > 1 or place in {0, len(joined) - 1}]
    short = [word for word in kept if word not in BANDS]
    return "".join(shortened(short or kept))


def title_key(title: str) -> str:
    """Under which a song is looked for: the same for all spellings and versions of its title."""
    return read_title(title).core[:LONGEST_KEY]


def lead_key(title: str, artist: str) -> str:
    """Whoever is credited first, and the letter that the title begins with: where a slip of the pen is looked for. The
    letter, because some have a thousand songs."""
    return f"{read_artist(artist).lead[: LONGEST_KEY - 2]} {title_key(title)[:1]}"


def parts_of(title: str) -> list[str]:
    """Keys of titles of which the rest may stand in brackets elsewhere: '(I Can't Get No) Satisfaction'."""
    name = shortened(name_of(respelled(BRACKETS.sub(" ", title)))[0])
    ends = ["".join(name[place:]) for place in range(1, len(name))]
    beginnings = ["".join(name[:place]) for place in range(1, len(name))]
    return [part for part in ends + beginnings if len(part) >= SHORTEST_PART]


def number(text: str) -> str:
    return ROMANS.get(text, text)
