"""Rows of the ranking, each made once for all who see it alike. What a vote changes stands in places that are filled in
each time: a page that is made anew after a vote makes no row anew."""

import re
from typing import Any, NamedTuple

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from apps.core.formats import dumps

register = template.Library()

TEMPLATE = "pages/jam/song.html"
MOST = 2_000  # rows of about 4 KB that a process keeps; then it forgets them all
PLACES = {name: f"\0{name}\0" for name in ("rank", "votes", "votes_word", "top")}  # no text has a NUL
SHOWN = ("id", "title", "artist", "pinned", "key", "tempo", "duration", "mine", "note", "line_up")  # of a song, besides
kept: dict[tuple[Any, ...], "Row"] = {}


class Row(NamedTuple):
    parts: list[str]  # each second is the name of a place
    icons: set[str]  # that it uses: the page carries them


@register.simple_tag(takes_context=True)
def song_rows(context: template.RequestContext, songs: list[dict[str, Any]]) -> SafeString:
    """All that a row shows is in its name, or in a place."""
    jam, board = context["jam"], context["board"]
    page = get_language(), jam.slug, jam.sign_ups, board["voting"], bool(context.get("attendee"))
    found: list[str] = []
    for song in songs:
        row = row_of(context, song, (*page, song["votes"] is None, dumps({name: song.get(name) for name in SHOWN})))
        context["icons"].update(row.icons)
        filled = song | {"top": board["top"]}
        found += [str(filled[part]) if place % 2 else part for place, part in enumerate(row.parts)]
    return mark_safe("".join(found))  # noqa: S308 # a template has made them, and numbers and our own words fill them


def row_of(context: template.RequestContext, song: dict[str, Any], name: tuple[Any, ...]) -> Row:
    row = kept.get(name)
    if row is None:
        made: Any = context.template.engine.get_template(TEMPLATE)  # type: ignore[union-attr]
        icons: set[str] = set()
        counted = song if song["votes"] is None else song | {"votes": PLACES["votes"]}
        places = {"rank": PLACES["rank"], "votes_word": PLACES["votes_word"]}
        with context.push(song=counted | places, board=context["board"] | {"top": PLACES["top"]}, icons=icons):
            row = Row(re.split("\0(.*?)\0", made.render(context)), icons)
        if len(kept) >= MOST:
            kept.clear()
        kept[name] = row
    return row


def votes_word(votes: int | None) -> str:
    return "" if votes is None else ngettext("vote", "votes", votes)


def blank() -> dict[str, Any]:
    """What the `<template>` of a row is made of."""
    return {"id": 0, "rank": "", "votes": 0, "votes_word": votes_word(0)}
