"""Rows of the ranking, each made once for all who see it alike: a vote changes one of them, and whoever is known gets
the page made anew."""

from typing import Any, NamedTuple

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.core.formats import dumps

register = template.Library()

TEMPLATE = "pages/jam/song.html"
MOST = 2_000  # rows of about 4 KB that a process keeps; then it forgets them all
kept: dict[tuple[Any, ...], "Row"] = {}


class Row(NamedTuple):
    html: str
    icons: set[str]  # that it uses: the page carries them


@register.simple_tag(takes_context=True)
def song_rows(context: template.RequestContext) -> SafeString:
    """All that a row shows is in its name: the song as this page has it, and what of the page is in each of them."""
    jam, board = context["jam"], context["board"]
    page = get_language(), jam.slug, jam.sign_ups, board["top"], board["voting"], bool(context.get("attendee"))
    rows = [row_of(context, song, (*page, dumps(song))) for song in board["ranking"]]
    context["icons"].update(*(row.icons for row in rows))
    return mark_safe("".join(row.html for row in rows))  # noqa: S308 # a template has made them


def row_of(context: template.RequestContext, song: dict[str, Any], name: tuple[Any, ...]) -> Row:
    row = kept.get(name)
    if row is None:
        made: Any = context.template.engine.get_template(TEMPLATE)  # type: ignore[union-attr]
        icons: set[str] = set()
        with context.push(song=song, icons=icons):
            row = Row(made.render(context), icons)
        if len(kept) >= MOST:
            kept.clear()
        kept[name] = row
    return row
