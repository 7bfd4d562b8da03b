"""Words of titles and artists in one spelling each, so that names can be compared. Pure."""

import re

from apps.core.text import fold

ARTICLES = frozenset({"the", "a", "an"})
UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = {word: str(number) for number, word in enumerate(UNITS)}
DIGITS |= {word: f"{number}0" for number, word in enumerate(TENS, start=3)}
SPELLINGS = DIGITS | {
    "first": "1st", "second": "2nd", "third": "3rd", "u": "you", "n": "and", "nite": "night", "co": "company",
    "orch": "orchestra", "bros": "brothers", "mr": "mister", "dr": "doctor", "st": "saint", "jr": "junior",
}  # fmt: skip
# Letters that Unicode takes for letters of their own, and signs that stand for one.
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "ى": "ي", "ة": "ه"})
SIGNS = ((re.compile(r"(?<=\w)!(?=\w)"), "i"), (re.compile(r"\$(?=\w)|(?<=\w)\$"), "s"))
DROPPED_G = re.compile(r"(?<=\w\win)['’](?!\w)")  # Truckin'


def respelled(text: str) -> str:
    """In small letters, and with plain ones for those that stand for them: 'P!nk' → 'pink'."""
    text = DROPPED_G.sub("g", text.casefold().translate(LETTERS)).replace("w/", "with ")
    for sign, letter in SIGNS:
        text = sign.sub(letter, text)
    return text


def words(text: str) -> list[str]:
    """Folded, each in one spelling: 'Four Bros.' → '4', 'brothers'."""
    return [SPELLINGS.get(word, word) for word in together(fold(text).split())] if text.strip() else []


def shortened(names: list[str]) -> list[str]:
    """Without articles, unless there is nothing else."""
    return [word for word in names if word not in ARTICLES] or names


def together(letters: list[str]) -> list[str]:
    """Initials that stand side by side are one word: they are written with and without stops."""
    joined: list[str] = []
    run = False
    for word in letters:
        single = len(word) == 1 and not word.isdigit()
        if single and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = single
    return joined
