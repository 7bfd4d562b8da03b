"""What people type, made comparable."""

import re
import secrets
import unicodedata
from functools import lru_cache

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without 0 O 1 I L, which look alike across a room

# They count as letters or signs and show nothing: Hangul fillers, the empty Braille pattern, inherent Khmer vowels.
JOINERS = "\u200c\u200d"
BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"

SIGNS = re.compile(r"[\W_]+")
CACHED = 2048  # a row of a file is folded for its identity, its keys and its terms


@lru_cache(CACHED)
def fold(text: str) -> str:
    """The form in which two spellings of one title, artist or name are equal: 'Beyoncé  &  Co.' → 'beyonce and co'.

    Never empty when the text is not: what consists of signs alone stays as it is.
    """
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    if not (plain.isascii() and plain.isprintable()):
        plain = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf", "Cc"})
    plain = plain.replace("'", "").replace("’", "")
    words = SIGNS.sub(" ", plain).strip()
    return words or clean(text).casefold()


def clean(text: str) -> str:
    """Without control and invisible characters, and with single plain spaces: what is stored of a typed line."""
    if text.isascii() and text.isprintable():  # most lines of a long file
        return " ".join(text.split())
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or visible(c))
    line = unicodedata.normalize("NFC", " ".join(kept.split()))
    # Joiners and marks alone, without anything they could belong to, show nothing.
    return line if any(c not in JOINERS and unicodedata.category(c)[0] not in "MZ" for c in line) else ""


def visible(character: str) -> bool:
    """Zero-width joiners stay, since emoji and several scripts need them; marks of direction go."""
    if character in BLANK:
        return False
    return character in JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}


def tidy_code(text: str) -> str:
    """'k7m-q4x ' → 'K7MQ4X': a code as people type it. What does not belong into one is dropped."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())[:12]


def new_code(length: int = 6) -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))
