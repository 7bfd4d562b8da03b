"""What the scripts say, in the reader's language. The pages carry it as data."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from apps.jams.models import Jam
from apps.jams.rules import DAYS
from apps.stage.wording import INSTRUMENTS, instrument_word

Words = dict[str, str | dict[str, str]]

DAY = re.compile(r"(?P<number>-?\d)?(?P<day>[A-Z]{2})")
ORDINALS = {
    "1": gettext_lazy("first"), "2": gettext_lazy("second"), "3": gettext_lazy("third"), "4": gettext_lazy("fourth"),
    "5": gettext_lazy("fifth"), "-1": gettext_lazy("last"),
}  # fmt: skip
# A number for each plural form that a language may have (CLDR); English has `one` and `other`.
PLURALS = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def once_a_language(make: Callable[[str], Words]) -> Callable[[str], Words]:
    """A hundred words are a tenth of what it takes to make a page."""
    kept = lru_cache(maxsize=256)(lambda _language, starts: make(starts))
    return wraps(make)(lambda starts: kept(get_language(), starts))


def plural(form: Callable[[int], str]) -> dict[str, str]:
    return {name: form(number) for name, number in PLURALS.items()}


def live_words(starts: str) -> Words:
    """What each live page says: the connection, the lit strip. `starts` is when the jam begins, on its clock."""
    waiting = strip_words(starts)
    return {
        "connecting": _("Connecting …"),
        "reconnecting": _("Reconnecting. This is the ranking of %(time)s."),
        "polling": _("The live line is down. Looking again every few seconds; this is the ranking of %(time)s."),
        "offline": _("Offline."),
        "as_of": _("This is as of %(time)s, %(ago)s."),
        "away": _("The server does not answer. Trying again."),
        "busy": _("That was too much at once."),
        "votes_wait": plural(
            lambda n: ngettext(
                "%(count)s vote waits here and goes out by itself.",
                "%(count)s votes wait here and go out by themselves.",
                n,
            )
        ),
        "gone": _("This jam is no longer here. Look for another one on the home page."),
        "wrong": _("That did not work. Reload the page and try again."),
        "here": plural(lambda n: ngettext("%(count)s here", "%(count)s here", n)),
        "now_playing": _("Now playing"),
        "of_length": _("of %(whole)s"),
        "through": _("%(done)s of %(whole)s played"),
        "through_over": _("%(done)s played"),
        "votes_word": plural(lambda n: ngettext("vote", "votes", n)),
        "minutes": _("%(count)s min"),
        "hours": plural(lambda n: ngettext("%(count)s hour", "%(count)s hours", n)),
        **{f"{part}_{status}": text for status, texts in waiting.items() for part, text in texts.items()},
    }


def strip_words(starts: str) -> dict[str, dict[str, str]]:
    """What the lit strip says while nothing plays, by status of the jam."""
    between = {"label": _("Live"), "title": _("Between two songs"), "by": _("The next one is up to you.")}
    return {
        Jam.Status.DRAFT: {"label": _("Draft"), "title": _("Not open yet"), "by": _("Only hosts see this page.")},
        Jam.Status.OPEN: {
            "label": _("Starts at %(time)s") % {"time": starts},
            "title": _("Doors are open"),
            "by": _("Vote now, they play it later."),
        },
        Jam.Status.LIVE: between,
        Jam.Status.LAST_CALL: between | {"label": _("Last call")},
        Jam.Status.ENDED: {"label": _("Ended"), "title": _("That was the night"), "by": ""},
    }


def strip_of(board: dict[str, Any], starts: str) -> dict[str, Any]:
    """The lit strip as the server writes it; `elapsed` seconds of the song that plays, which may take longer than
    the library knows: then it is `over`, and only the time goes on.
    """
    song = board["playing"]
    if not song:
        return strip_words(starts)[board["status"]]
    elapsed = 0
    if song["started_at"]:
        elapsed = int((timezone.now() - datetime.fromisoformat(song["started_at"])).total_seconds())
    strip = {"label": _("Now playing"), "title": song["title"], "by": song["artist"], "elapsed": max(0, elapsed)}
    return strip | {"over": bool(song["duration"]) and elapsed >= song["duration"]}


def search_words() -> Words:
    """What every box says that finds: static/js/search.js."""
    return {
        "found": plural(lambda n: ngettext("%(count)s song found.", "%(count)s songs found.", n)),
        "searching": _("Searching …"),
        "search_away": _("The search does not answer. Try again in a moment."),
        "search_offline": _("Offline: what the library has cannot be looked up now."),
    }


def find_words() -> Words:
    """Where what was found is gone to: static/js/find.js."""
    return {
        **search_words(),
        "wrong": _("That did not work. Reload the page and try again."),
        "busy": _("That was too much at once."),
        "found": plural(lambda n: ngettext("%(count)s found.", "%(count)s found.", n)),
        "none_found": _("Nothing like that. Try fewer words."),
        "kind_songs": _("Songs"),
        "kind_artists": _("Artists"),
        "kind_venues": _("Venues"),
        "kind_jams": _("Jams"),
        "songs_of": plural(lambda n: ngettext("%(count)s song", "%(count)s songs", n)),
        "on_now": _("On now"),
    }


def vote_words() -> Words:
    """The words on a vote button."""
    return {
        "idle": _("Vote"),
        "pending": _("Sending"),
        "voted": _("Voted"),
        "refused": _("Refused"),
        "paused": _("Paused"),
        "closed": _("Closed"),
        "bpm": _("%(tempo)s bpm"),
    }


def notice_words() -> Words:
    """What static/js/notify.js tells: to those who play, and how the night goes on."""
    return {
        "instruments": instrument_words(),
        "notice_next": _("You are on next: %(parts)s in %(title)s. Come to the stage."),
        "notice_up": _("Your song is up: %(parts)s in %(title)s. Go on stage."),
        "notice_yours": _("You have the slot now: %(parts)s in %(title)s. Withdraw if you cannot play."),
        "notice_night_open": _("The jam is open. Vote for what they play."),
        "notice_night_live": _("The jam has begun. Vote for what comes next."),
        "notice_night_last_call": _("Last call: no more suggestions. Your votes still count."),
        "notice_night_ended": _("The night is over. The set list comes up."),
        "notice_voting_paused": _("The host has paused voting. Your votes stay."),
        "notice_voting_open": _("Voting goes on."),
        "notice_voting_closed": _("Voting is closed. The ranking stays as it is."),
        "tell_on": _("Your browser tells you, also when you look at something else. Keep this page open."),
        "tell_off": _("Off. Here it is said all the same."),
        "tell_blocked": _("Your browser blocks it. Allow notifications of this site in its settings, then tap again."),
    }


def instrument_words() -> dict[str, str]:
    """Of those that are called something else than they are kept as."""
    return {name: word for name in INSTRUMENTS if (word := instrument_word(name)) != name}


@once_a_language
def phone_words(starts: str) -> Words:
    return {
        **live_words(starts),
        **search_words(),
        **notice_words(),
        **vote_words(),
        "counted": _("Vote for %(title)s counted."),
        "taken_back": _("Vote for %(title)s taken back."),
        "line_up": _("Line-up %(filled)s of %(slots)s"),
        "line_up_more": _("%(filled)s of %(slots)s found: see who plays, or sign up"),
        "place": _("Place %(place)s"),
        "in_set_list": _("In the set list"),
        "played_at": _("Played at %(time)s"),
        "picks_out": plural(
            lambda n: ngettext("%(out)s of your %(count)s vote is out", "%(out)s of your %(count)s votes are out", n)
        ),
        "picks_left": plural(lambda n: ngettext("%(count)s left", "%(count)s left", n)),
        "suggestions_left": plural(lambda n: ngettext("%(count)s left", "%(count)s left", n)),
        "more_songs": plural(
            lambda n: ngettext(
                "and %(count)s more song with fewer votes", "and %(count)s more songs with fewer votes", n
            )
        ),
        "suggest": _("Suggest"),
        "in_jam": _("Already in the jam"),
        "banned": _("Not played here"),
        "in_jam_at": _("Already in the jam, place %(place)s"),
        "none_found": _("Nothing like that in the library. Write it in below, and it comes in."),
        "suggested": _("%(title)s is in, with your vote."),
        "signed_up": _("You are signed up for it."),
        "sent_to_host": _("%(title)s is with the host now. It comes in as soon as they say yes."),
        "not_sent": _("The server does not answer, so nothing was suggested. Try again in a moment."),
    }


@once_a_language
def stage_words(starts: str) -> Words:
    return {
        **live_words(starts),
        **notice_words(),
        "reconnecting": _("Reconnecting. This is how it stood at %(time)s."),
        "polling": _("The live line is down. Looking again every few seconds; this is how it stood at %(time)s."),
        "not_done": _("Not done: the server does not answer. Try again."),
    }


@once_a_language
def screen_words(starts: str) -> Words:
    return {
        **live_words(starts),
        "instruments": instrument_words(),
        "bpm": "",
        "votes_cast": plural(lambda n: ngettext("%(count)s vote", "%(count)s votes", n)),
        "pause": _("Pause"),
        "go_on": _("Go on"),
    }


def console_words(starts: str) -> Words:
    return {
        **live_words(starts),
        **search_words(),
        "bpm": _("%(tempo)s bpm"),
        "live": _("Connected"),
        "connected": plural(lambda n: ngettext("%(count)s connected", "%(count)s connected", n)),
        "votes": plural(lambda n: ngettext("%(count)s vote", "%(count)s votes", n)),
        "start_next": _("Start %(title)s"),
        "start_none": _("Queue a song to start it"),
        "and_played": _("and mark %(title)s as played"),
        "is_played": _("Mark %(title)s as played"),
        "none_found": _("Nothing like that in the library. Paste it below as “Title - Artist”."),
        "add": _("Add"),
        "banned": _("Not played here"),
        "in_jam": _("Already in the jam"),
        "not_done": _("Not done: the server does not answer. Try again."),
        "from": _("from %(name)s"),
        "done_open": _("The jam is open: people can vote."),
        "done_start": _("The jam is live."),
        "done_last-call": _("Last call: no more suggestions."),
        "done_end": _("The jam has ended."),
        "done_voting_1": _("Voting is paused. Votes that are out stay."),
        "done_voting_0": _("Voting goes on."),
        "done_suggestions_1": _("Suggestions are paused."),
        "done_suggestions_0": _("Suggestions are open again."),
        "done_start-next": _("Started %(title)s."),
        "done_approve": _("Approved %(title)s."),
        "done_queue": _("Queued %(title)s."),
        "done_plan": _("Queued the next songs of the plan."),
        "done_arrange": _("Put the set list in order."),
        "done_lock": _("Locked %(title)s in its place."),
        "done_unlock": _("%(title)s may be moved by a plan again."),
        **set_list_words(),
        "done_unqueue": _("%(title)s is open to votes again."),
        "done_play": _("Started %(title)s."),
        "done_finish": _("Marked %(title)s as played."),
        "done_skip": _("Skipped %(title)s. It is open to votes again."),
        "done_remove": _("Took %(title)s off the jam."),
        "done_pin": _("Pinned %(title)s to the top."),
        "done_unpin": _("%(title)s goes by its votes again."),
        "done_move": _("Moved %(title)s to place %(place)s."),
        "done_person": _("%(name)s is off the jam, with all votes."),
        "done_encore": _("%(title)s is open again, as an encore."),
        "done_void": _("Those who vote alike are off the jam, with all votes."),
        "done_add": _("Added %(title)s."),
        "undone": _("Undone: %(what)s"),
        "sign_ups_lost": plural(lost_sign_ups),
        "seconds_left": _("%(count)s s"),
    }


def set_list_words() -> Words:
    """Why nothing came of it, and what stands above the list."""
    return {
        "none_plan": _("Nothing to queue: no open song fits before closing."),
        "none_arrange": _("The set list is in that order already."),
        "put_off": _("This set list is long. It is being made, and comes by itself."),
        "ends": _("ends about %(time)s, closing %(closing)s"),
        "closing": _("closing %(closing)s"),
        "line_up": _("Line-up %(filled)s of %(required)s"),
    }


def lost_sign_ups(n: int) -> str:
    return ngettext(
        "%(count)s of their sign-ups is not as it was: somebody else has the slot now, or the song is over.",
        "%(count)s of their sign-ups are not as they were: others have the slots now, or the songs are over.",
        n,
    )


def lost_in_words(count: int) -> str:
    return lost_sign_ups(count) % {"count": count}


def rule_in_words(rule: str) -> str:
    """ "every Tuesday", "first and third Friday of the month": of a rule of apps/jams/rules.py."""
    parts = dict(part.split("=") for part in rule.split(";"))
    days = [DAY.fullmatch(day) for day in parts["BYDAY"].split(",")]
    names = list(dict.fromkeys(str(WEEKDAYS[DAYS.index(day["day"])]) for day in days if day))
    if parts["FREQ"] == "MONTHLY":
        numbers = list(dict.fromkeys(str(ORDINALS[day["number"]]) for day in days if day))
        return _("%(numbers)s %(days)s of the month") % {
            "numbers": get_text_list(numbers, _("and")),
            "days": get_text_list(names, _("and")),
        }
    weeks, said = int(parts.get("INTERVAL", 1)), {"days": get_text_list(names, _("and"))}
    if weeks == 1:
        return _("every %(days)s") % said
    return ngettext("%(days)s every week", "%(days)s every %(n)d weeks", weeks) % {**said, "n": weeks}
