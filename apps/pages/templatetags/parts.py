"""Small parts that templates are made of: icons, times, lengths, QR codes."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models.fields.files import ImageFieldFile
from django.forms import BoundField
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.jams.images import sizes_of
from apps.pages.words import find_words

register = template.Library()

# What scripts turn icons into.
SCRIPT_ICONS = ("offline", "pause", "pick", "pick-check", "pick-in", "pick-no", "pick-wait", "play", "signal")


@register.simple_tag(takes_context=True)
def icon(context: dict[str, Any], name: str, *, flip: bool = False) -> SafeString:
    """One of static/icons.svg; `flip` for those that point along the line.

    Live pages carry their icons: one that is asked for when the line is down would not come. They have a set
    `icons` in their context, which this fills and `sprite` writes.
    """
    carried = context.get("icons")
    if carried is not None:
        carried.add(name)
    file = static("icons.svg") if carried is None else ""
    classes = "icon icon-flip" if flip else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, file, name)


@register.simple_tag(takes_context=True)
def sprite(context: dict[str, Any]) -> SafeString:
    """The icons of this page: after all that uses them."""
    known = symbols()
    return mark_safe(f"<svg hidden>{''.join(known[name] for name in sorted(context['icons']))}</svg>")  # noqa: S308


@cache
def symbols() -> dict[str, str]:
    return {name: symbol for symbol, name in re.findall(r'(<symbol id="([\w-]+)".*?</symbol>)', source("icons.svg"))}


@register.simple_tag
def preload(name: str) -> SafeString:
    """A module and all it imports, asked for at once and not one after the other as they name each other. What is
    collected is one file."""
    paths = (f"js/{name}.js",) if getattr(staticfiles_storage, "bundled", False) else modules(name)
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(path),) for path in paths))


@register.inclusion_tag("pages/parts/search_script.html")
def search_script() -> dict[str, Any]:
    """For pages on which what a box finds is gone to."""
    return {"words": find_words()}


@cache
def modules(name: str) -> tuple[str, ...]:
    """Paths of a module of static/js and of what it imports, each once."""
    found, ahead = [], [name]
    while ahead:
        path = f"js/{ahead.pop(0)}.js"
        if path not in found:
            found.append(path)
            ahead += re.findall(r'from "\./(\w+)\.js"', source(path))
    return tuple(found)


def source(path: str) -> str:
    return Path(finders.find(path) or "").read_text()


@register.filter
def as_length(seconds: Any) -> str:
    """245 → '4:05'; '' for what is not known, or missing in a template."""
    return "" if seconds in (None, "") else f"{seconds // 60}:{seconds % 60:02}"


@register.filter
def as_hours(seconds: int) -> str:
    """6740 → '1:52'."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def local(moment: datetime | str | None, zone: ZoneInfo | str) -> datetime | None:
    if not moment:
        return None
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return timezone.localtime(moment, ZoneInfo(zone) if isinstance(zone, str) else zone)


@register.filter
def clock(moment: datetime | str | None, zone: ZoneInfo | str) -> str:
    """'21:14' in the zone of a venue."""
    there = local(moment, zone)
    return formats.time_format(there, "H:i") if there else ""


@register.filter
def day(moment: datetime | str | None, zone: ZoneInfo | str) -> str:
    """'Thursday 26 November' in the zone of a venue."""
    there = local(moment, zone)
    return formats.date_format(there, "l j F") if there else ""


@register.filter
def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


@register.filter
def there(moment: datetime | str | None, zone: ZoneInfo | str) -> datetime | None:
    """The moment as the clock of a venue shows it, for the `date` filter."""
    shown = local(moment, zone)
    return shown.replace(tzinfo=None) if shown else None


@register.filter
def moment(text: str) -> datetime:
    """What JSON says of a day or a moment, for the `date` filter, by the clock that it names."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


@register.filter
def isolated(title: str) -> str:
    """A title inside a plain sentence keeps its own direction, as <bdi> would."""
    return f"\u2068{title}\u2069"


@register.simple_tag
def qr(address: str, label: str) -> SafeString:
    """A QR code as an inline drawing."""
    code = segno.make(address, error="m", micro=False)
    path = code.svg_inline(omitsize=True, border=0, dark="#1b130c", lineclass=None, svgclass=None)
    return mark_safe(path.replace("<svg ", str(format_html('<svg role="img" aria-label="{}" ', label)), 1))  # noqa: S308


@register.simple_tag
def backdrop(image: ImageFieldFile) -> SafeString:
    """The image behind a page. It is faint, so a phone takes one that is less wide than its screen has dots."""
    sizes = sizes_of(image.name or "")
    if not sizes:  # from before there were several
        one = '<img class="backdrop" src="{}" alt="" width="{}" height="{}">'
        return format_html(one, image.url, image.width, image.height)
    files = ", ".join(f"{image.storage.url(size.name)} {size.width}w" for size in sizes)
    several = '<img class="backdrop" src="{}" srcset="{}" sizes="{}" alt="" width="{}" height="{}">'
    return format_html(several, image.url, files, "(max-width: 48rem) 40vw, 100vw", sizes[-1].width, sizes[-1].height)


@register.filter
def in_house(field: BoundField) -> SafeString:
    """A field of somebody else's form, looking like ours: its label says all, so nothing stands inside."""
    return field.as_widget(attrs={"class": "input", "placeholder": "", "dir": "auto"})


@register.filter
def bare_host(address: str) -> str:
    """What somebody types who cannot scan: the address without its scheme."""
    return address.partition("://")[2]


@register.filter
def in_threes(code: str) -> str:
    """'K7MQ4X' → 'K7M Q4X', as people read it out."""
    return " ".join(code[at : at + 3] for at in range(0, len(code), 3))


@register.simple_tag
def sign_up_is_open() -> bool:
    return settings.ACCOUNT_SIGNUP_ENABLED


@register.simple_tag
def public_url() -> str:
    return settings.PUBLIC_URL


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The address of this page with other parameters: `?page=2` and so on."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
