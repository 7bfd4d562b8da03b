"""From a name to the terms that it is found by, and from what is typed to the terms that are looked for.

A term is a run of letters and digits without case, accents and vowel marks. What stands together but for a sign is
found as it stands, too: 'AC/DC' by 'ac', 'dc' and 'acdc', 'R.E.M.' by 'rem', 'P!nk' by 'pink'.
"""

import re
import unicodedata
from collections.abc import Iterator

MOST_ASKED = 8  # terms of a query; further ones are left out
LONGEST_JOINED = 12  # letters that are written with and without signs between them
LONGEST = 40  # letters of a term: what is longer is found by these
APOSTROPHES = str.maketrans("", "", "'’‘ʼʻ`´")
# Letters that Unicode does not take apart into one letter and its marks.
LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ŋ": "n",
        "&": " and ",
    }
    # Arabic: what differs by a habit of writing alone.
    | {"ى": "ي", "ة": "ه", "ٱ": "ا", "ک": "ك", "ی": "ي", "ـ": ""}
)
SIGNS_AS_LETTERS = str.maketrans({"!": "i", "$": "s", "@": "a", "€": "e"})
SIGN_IN_A_WORD = re.compile(r"(?<=\w)[!$@€](?=\w)|^[$@€](?=\w{2})")
# What nobody has to type, or is typed where it does not belong.
SMALL = frozenset("a an and by de el feat featuring ft i in is it la le les n o of on the to with x".split())  # noqa: SIM905
# The same word as it is sung, written and counted.
ALIKE = [
    group.split()
    for group in (
        "0 zero", "1 one", "2 two to too", "3 three", "4 four for", "5 five", "6 six", "7 seven", "8 eight",
        "9 nine", "10 ten", "u you ya", "r are", "ur your", "o of oh", "n and", "em them", "luv love",
        "cause because cuz cos", "til till until", "thru through", "nite night", "nites nights", "tonite tonight",
        "lite light", "rite right", "ok okay", "gonna going", "wanna want", "gimme give", "mr mister", "dr doctor",
        "st saint street", "pt part", "vs versus",
    )
]  # fmt: skip
SYNONYMS = {term: frozenset(group) - {term} for group in ALIKE for term in group}
ARTIST = "@"  # begins a term that is found in the artist alone
BEGINS = "^"  # begins what a term begins with: of all that begin so, an index would have to unite the rows
FEW = 2  # letters of that


def terms(text: str) -> list[str]:
    """What a name is found by, in its order, none twice."""
    found: dict[str, None] = {}
    single: list[str] = []
    for chunk in chunks(text):
        parts = split(chunk)
        found |= dict.fromkeys(parts)
        if len(parts) > 1 and len("".join(parts)) <= LONGEST_JOINED:
            found["".join(parts)] = None
        if not chunk.isalnum() and SIGN_IN_A_WORD.search(chunk):
            found |= dict.fromkeys(split(SIGN_IN_A_WORD.sub(lambda sign: sign[0].translate(SIGNS_AS_LETTERS), chunk)))
        single = [*single, chunk] if len(chunk) == 1 and chunk.isalpha() else []
        if len(single) > 1:  # 'R E M'
            found["".join(single)[:LONGEST_JOINED]] = None
    return list(found)


def asked(text: str) -> list[str]:
    """The terms of a query, of which the last may be unfinished. Of many, the small ones go first."""
    found = [term for chunk in chunks(text) for term in split(chunk)]
    if len(found) > MOST_ASKED:
        found = [term for term in found if term not in SMALL] or found
    return found[:MOST_ASKED]


def song_terms(title: str, artist: str) -> str:
    """'Halo', 'Beyoncé' → 'halo @beyonce beyonce …': the title's, the artist's both ways, and what they begin with."""
    by = terms(artist)
    return with_beginnings([*(terms(title) or ["-"]), *(ARTIST + term for term in by), *by])


def name_terms(*names: str) -> str:
    return with_beginnings([term for name in names for term in terms(name)])


def with_beginnings(found: list[str]) -> str:
    """'love' is found by '^lo', too, and '@love' by '^@lo'."""
    begin = [BEGINS + term[: FEW + (term[0] == ARTIST)] for term in found if len(term) >= FEW]
    return " ".join(dict.fromkeys([*found, *begin]))


def without_beginnings(stored: str) -> list[str]:
    return [term for term in stored.split() if term[0] != BEGINS]


def chunks(text: str) -> list[str]:
    """What stands between spaces, folded, with its signs."""
    if text.isascii() and text.isprintable():  # the same, sooner
        return text.lower().translate(APOSTROPHES).translate(LETTERS).split()
    plain = unicodedata.normalize("NFKD", text).casefold().translate(APOSTROPHES).translate(LETTERS)
    kept = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf", "Cc", "Cs"} or c.isspace())
    return kept.split()


def split(chunk: str) -> list[str]:
    if chunk.isalnum():
        return [chunk[:LONGEST]]
    return [term[:LONGEST] for term in re.findall(r"[^\W_]+", chunk)]


def variants(term: str) -> Iterator[str]:
    """All that is one slip of the finger away from a term: a letter too few, too many, another, or two exchanged.

    After P. Norvig, "How to Write a Spelling Corrector" (2007): Damerau's distance 1.
    """
    letters = alphabet(term)
    for place in range(len(term) + 1):
        head, tail = term[:place], term[place:]
        if tail:
            yield head + tail[1:]
            for letter in letters:
                yield head + letter + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in letters:
            yield head + letter + tail


def alphabet(term: str) -> str:
    """The letters that somebody's keyboard has who typed it."""
    if "\u0600" <= term[0] <= "\u06ff":
        return "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
    if "\u0400" <= term[0] <= "\u04ff":
        return "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    if "\u0370" <= term[0] <= "\u03ff":
        return "αβγδεζηθικλμνξοπρσςτυφχψω"
    return "abcdefghijklmnopqrstuvwxyz0123456789" if any(map(str.isdigit, term)) else "abcdefghijklmnopqrstuvwxyz"
