"""A set list as API and console show it: the plan, in words too, and how far the line-up of each song is."""

from collections.abc import Mapping
from typing import Any

from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting
from apps.jams.models import Jam, JamSong
from apps.stage.planning.plans import Candidate, Reason
from apps.stage.setlist import DEFAULT, material_of, planned
from apps.stage.wording import worded

Songs = Mapping[int, JamSong]


def set_list_of(jam: Jam, *, algorithm: str = DEFAULT, playable_only: bool = False) -> dict[str, Any]:
    """`{algorithm, songs, left_out}`: see docs/api.md. Asks the database four times."""
    material = material_of(jam)
    plan, rows = planned(material, algorithm=algorithm, playable_only=playable_only), material.songs
    candidates = {one.id: one for one in (*material.queue, *material.ranked)}
    songs = [
        {
            **facts(rows[entry.song], candidates[entry.song]),
            "starts_at": entry.starts.isoformat(timespec="seconds"),
            "seconds": entry.seconds,
            "timed": entry.timed,
            "reasons": [said(reason, rows) for reason in entry.reasons],
        }
        for entry in plan.entries
    ]
    left_out = [
        {**facts(rows[one.song], candidates[one.song]), "reason": said(one.reason, rows)} for one in plan.left_out
    ]
    return {
        "algorithm": algorithm,
        "songs": fitting(songs, MOST_BYTES * 2 // 3),
        "left_out": fitting(left_out, MOST_BYTES // 3),
    }


def facts(song: JamSong, candidate: Candidate) -> dict[str, Any]:
    return {
        "id": song.pk,
        "title": cut(song.song.title, LONGEST_TITLE),
        "status": song.status,
        "locked": song.locked,
        "filled": candidate.required - len(candidate.missing),
        "required": candidate.required,
    }


def said(reason: Reason, songs: Songs) -> dict[str, Any]:
    """Sets have no place in JSON, and no order."""
    params = {
        name: sorted(value) if isinstance(value, set | frozenset) else value for name, value in reason.params.items()
    }
    return {"code": reason.code, "params": params, "text": worded(reason, songs)}
