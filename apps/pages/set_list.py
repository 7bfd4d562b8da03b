"""What the console says of its songs beyond the board: expected times, reasons, line-ups, and what still fits."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.jams.models import Jam
from apps.pages.templatetags.parts import clock
from apps.pages.words import set_list_words
from apps.stage.planning.algorithms import ALGORITHMS
from apps.stage.planning.plans import CHANGEOVER, UNKNOWN_DURATION
from apps.stage.setlist import DEFAULT
from apps.stage.shown import set_list_of

State = dict[str, Any]
SHOWN = "votes"  # what fits is the same by either, and this one takes no search
MOST_REASONS = 2


def planned_board(jam: Jam, board: State, query: Mapping[str, Any]) -> tuple[State, State]:
    """The board, each song of its queue and ranking with its `plan`, and how the set list is to be filled."""
    playable_only = query.get("playable") == "1"
    plan = set_list_of(jam, algorithm=SHOWN, playable_only=playable_only)
    plans = {one["id"]: one | {"why": why(one["reasons"])} for one in plan["songs"]}
    plans |= {one["id"]: one | {"late": one["reason"]["text"]} for one in plan["left_out"]}
    for one in plans.values():
        one["studs"] = [place < one["filled"] for place in range(one["required"])]
    queue, ranking = (with_plans(board[name], plans) for name in ("queue", "ranking"))
    if playable_only:
        ranking = [song for song in ranking if is_playable(song["plan"])]
    return board | {"queue": queue, "ranking": ranking}, filling(jam, queue, query, playable_only)


def with_plans(songs: Iterable[State], plans: Mapping[int, State]) -> list[State]:
    return [song | {"plan": plans.get(song["id"])} for song in songs]


def is_playable(plan: State | None) -> bool:
    return plan is None or plan["filled"] == plan["required"]


def why(reasons: list[State]) -> str:
    """The weightiest; the row has the votes already."""
    return " · ".join(reason["text"] for reason in reasons[:MOST_REASONS] if reason["code"] != "votes")


def filling(jam: Jam, queue: list[State], query: Mapping[str, Any], playable_only: bool) -> State:
    algorithm, closing = query.get("algorithm"), clock(jam.ends_at, jam.zone)
    words: dict[str, Any] = set_list_words()
    ends = words["closing"] % {"closing": closing}
    last = queue[-1]["plan"] if queue else None
    if last:
        done = datetime.fromisoformat(last["starts_at"]) + timedelta(seconds=last["seconds"])
        ends = words["ends"] % {"time": clock(done, jam.zone), "closing": closing}
    return {
        "playable_only": playable_only,
        "algorithm": algorithm if algorithm in ALGORITHMS else DEFAULT,
        "algorithms": [("balanced", _("Balanced")), ("votes", _("By votes"))],
        "ends": ends,
        "data": {
            "starts_at": jam.starts_at,
            "ends_at": jam.ends_at,
            "changeover": CHANGEOVER,
            "supposed": UNKNOWN_DURATION,
            "plan_shown": SHOWN,
            "most_reasons": MOST_REASONS,
        },
    }
