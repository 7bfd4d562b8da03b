"""Keys, lengths and line-ups: how people write them, and the one form in which they are stored."""

import re
from collections.abc import Callable, Iterable
from typing import TypedDict, TypeVar

from django.utils.translation import gettext as _

from apps.core.text import clean

MIN_TEMPO, MAX_TEMPO = 20, 400  # beats a minute
MAX_DURATION = 2 * 60 * 60  # seconds
MIN_YEAR, MAX_YEAR = 1000, 2100
MAX_PARTS, MAX_COUNT, MAX_INSTRUMENT = 12, 9, 30
MAX_TAGS, MAX_TAG = 20, 40
SEPARATORS = ";,|"

# Modes of Arabic music that name the key of a song by themselves.
MAQAMAT = ("Ajam", "Bayati", "Hijaz", "Huzam", "Kurd", "Nahawand", "Rast", "Saba", "Sikah")
MAQAM = {name.casefold(): name for name in MAQAMAT}
KEY = re.compile(
    r"(?P<tonic>[A-G])(?:\s|-(?=\w))*(?P<sign>♭|♯|b|#|flat|sharp)?(?:\s|-(?=\w))*(?P<mode>m|min|minor|maj|major|-)?",
    re.IGNORECASE,
)
SIGNS = {"b": "♭", "♭": "♭", "flat": "♭", "#": "♯", "♯": "♯", "sharp": "♯", "": ""}
MINOR = {"m", "min", "minor", "-"}
CLOCK = re.compile(r"(?:(?P<hours>\d):)?(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)")
PART = re.compile(r"(?P<instrument>[^:?*]*[^:?*\s])\s*(?::\s*(?P<count>\d+))?\s*(?P<optional>[?*])?")


Value = TypeVar("Value")


class Part(TypedDict):
    """What a song needs on stage: two guitars, perhaps a trumpet."""

    instrument: str
    count: int
    required: bool


def parse_key(text: str) -> str:
    """'Ebm', 'E flat minor' and 'E♭m' are 'E♭m'; a maqam keeps its name; '' is unknown. ValueError if it is no key."""
    text = clean(text)
    if not text or text.casefold() in MAQAM:
        return MAQAM.get(text.casefold(), "")
    found = KEY.fullmatch(text)
    if not found:
        raise ValueError(_("is not a key; write C, F♯m or B♭"))
    mode = found["mode"] or ""
    minor = mode != "M" and mode.lower() in MINOR  # CM is C major, Cm is not
    return found["tonic"].upper() + SIGNS[(found["sign"] or "").lower()] + ("m" if minor else "")


def parse_duration(text: str) -> int:
    """Seconds of '3:42', '1:02:03' or '222'. ValueError if it is no length."""
    found = CLOCK.fullmatch(text)
    if found:
        seconds = int(found["hours"] or 0) * 3600 + int(found["minutes"]) * 60 + int(found["seconds"])
    elif re.fullmatch(r"\d{1,6}(\.0*)?", text):
        seconds = int(float(text))
    else:
        raise ValueError(_("is not a length; write 3:42 or 222 (seconds)"))
    if not 1 <= seconds <= MAX_DURATION:
        raise ValueError(_("is not between one second and two hours"))
    return seconds


def format_duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02}"


def parse_tags(text: str) -> list[str]:
    """'Soul; 70s' → ['soul', '70s']."""
    return tidy_tags(re.split(f"[{SEPARATORS}]", text))


def tidy_tags(tags: list[str]) -> list[str]:
    """Small letters, each once, in the given order. ValueError if there are too many or one is too long."""
    tidied = list(dict.fromkeys(tag for tag in (clean(tag).lower() for tag in tags) if tag))
    if len(tidied) > MAX_TAGS:
        raise ValueError(_("has more than %(count)d tags") % {"count": MAX_TAGS})
    if any(len(tag) > MAX_TAG or set(SEPARATORS) & set(tag) for tag in tidied):
        raise ValueError(_("has a tag over %(length)d letters, or with ; , or | in it") % {"length": MAX_TAG})
    return tidied


def parse_parts(text: str) -> list[Part]:
    """'vocals; guitar:2; trumpet?' → one singer, two guitars, a trumpet if there is one ('*' is like '?')."""
    parts: list[Part] = []
    for item in filter(None, (clean(item) for item in re.split(f"[{SEPARATORS}]", text))):
        found = PART.fullmatch(item)
        if not found:
            raise ValueError(_("is not a line-up; write vocals;guitar:2;trumpet?"))
        count = int(found["count"] or 1)
        parts.append(Part(instrument=found["instrument"], count=count, required=not found["optional"]))
    return tidy_parts(parts)


def tidy_parts(parts: list[Part]) -> list[Part]:
    """Instruments in small letters. ValueError if one stands twice, has a wrong count or no usable name."""
    tidied = [Part(**{**part, "instrument": clean(part["instrument"]).lower()}) for part in parts]
    names = [part["instrument"] for part in tidied]
    if len(tidied) > MAX_PARTS:
        raise ValueError(_("has more than %(count)d instruments") % {"count": MAX_PARTS})
    if len(set(names)) < len(names):
        raise ValueError(_("names an instrument twice; write guitar:2"))
    if any(not 1 <= len(name) <= MAX_INSTRUMENT or set(name) & set(SEPARATORS + ":?*") for name in names):
        raise ValueError(_("has an instrument without a usable name"))
    if any(not 1 <= part["count"] <= MAX_COUNT for part in tidied):
        raise ValueError(_("needs between 1 and %(count)d of an instrument") % {"count": MAX_COUNT})
    return tidied


def tidy_instruments(names: Iterable[str]) -> list[str]:
    """In small letters, each once, as parts name them. ValueError if there are too many or one has no usable name."""
    once = dict.fromkeys(name for name in (clean(name).lower() for name in names) if name)
    return [part["instrument"] for part in tidy_parts([Part(instrument=n, count=1, required=True) for n in once])]


def format_parts(parts: list[Part]) -> str:
    """The other way round from `parse_parts`."""
    return ";".join(
        part["instrument"] + (f":{part['count']}" if part["count"] > 1 else "") + ("" if part["required"] else "?")
        for part in parts
    )


def or_as_is(parse: Callable[[Value], Value], value: Value) -> Value:
    try:
        return parse(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        return value
