"""Why a song stands where it does, or is left out, in words: for each code of apps/stage/planning/reasons.py."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from apps.jams.models import JamSong
from apps.stage.planning.plans import Reason

# What most line-ups name. All else is shown as it was written.
INSTRUMENTS = {
    "vocals": gettext_noop("vocals"), "guitar": gettext_noop("guitar"), "bass": gettext_noop("bass"),
    "drums": gettext_noop("drums"), "keys": gettext_noop("keys"), "piano": gettext_noop("piano"),
    "saxophone": gettext_noop("saxophone"), "trumpet": gettext_noop("trumpet"), "trombone": gettext_noop("trombone"),
    "percussion": gettext_noop("percussion"), "violin": gettext_noop("violin"), "cello": gettext_noop("cello"),
    "flute": gettext_noop("flute"), "harmonica": gettext_noop("harmonica"), "accordion": gettext_noop("accordion"),
    "oud": gettext_noop("oud"),
}  # fmt: skip
Params = Mapping[str, Any]
Songs = Mapping[int, JamSong]  # those that reasons may name


def worded(reason: Reason, songs: Songs) -> str:
    return WORDS[reason.code](reason.params, songs)


def votes(params: Params, songs: Songs) -> str:
    return ngettext("%(n)d vote", "%(n)d votes", params["votes"]) % {"n": params["votes"]}


def tie(params: Params, songs: Songs) -> str:
    return _("%(title)s had as many votes earlier") % {"title": isolated(songs[params["song"]].song.title)}


def waiting(params: Params, songs: Songs) -> str:
    minutes = max(1, round(params["seconds"] / 60))
    return ngettext("%(n)d min less waiting", "%(n)d min less waiting", minutes) % {"n": minutes}


def rest(params: Params, songs: Songs) -> str:
    performers = len(params["performers"]) or params["times"]
    return ngettext("Rests %(n)d performer", "Rests %(n)d performers", performers) % {"n": performers}


def missing(params: Params, songs: Songs) -> str:
    return _("Missing: %(instruments)s") % {
        "instruments": listed(map(instrument_word, dict.fromkeys(params["missing"])))
    }


def no_time(params: Params, songs: Songs) -> str:
    if not params["left"]:
        return _("No time left")
    lengths = {"length": as_length(params["seconds"]), "left": as_length(params["left"])}
    return _("Takes %(length)s, %(left)s left") % lengths


def plain(text: str) -> Callable[[Params, Songs], str]:
    return lambda params, songs: _(text)


def instrument_word(name: str) -> str:
    return _(known) if (known := INSTRUMENTS.get(name.casefold())) else name


def listed(names: Iterable[str]) -> str:
    return _(", ").join(names)


def isolated(title: str) -> str:
    """A title inside a sentence keeps its own direction."""
    return f"\u2068{title}\u2069"


def as_length(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


WORDS: dict[str, Callable[[Params, Songs], str]] = {
    "locked": plain(gettext_noop("Locked")),
    "pinned": plain(gettext_noop("Pinned")),
    "votes": votes,
    "tie": tie,
    "waiting": waiting,
    "rest": rest,
    "artist": plain(gettext_noop("Not two of one artist in a row")),
    "tempo": plain(gettext_noop("Change of tempo")),
    "more_votes": plain(gettext_noop("Others have more votes")),
    "missing": missing,
    "ready": plain(gettext_noop("Others miss more performers")),
    "makes_room": plain(gettext_noop("Makes room for others")),
    "placed": plain(gettext_noop("In your order")),
    "no_time": no_time,
    "not_playable": missing,
}
