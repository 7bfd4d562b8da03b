"""What a field takes. Each raises ValidationError with what to write instead."""

import zoneinfo
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from apps.catalog import music
from apps.core.addresses import is_public

# RFC 6761, 6762, 8375, 9476, and what ICANN keeps for networks of one's own.
PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".alt", ".test", ".invalid", ".localdomain", ".lan")
LONGEST_LIST_URL = 1000
PART_KEYS = {"instrument": str, "count": int, "required": bool}


@cache
def time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - {"localtime", "Factory", "posixrules"}


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("This time zone is not known. Write one like Europe/London."), code="time_zone")


def validate_key(text: str) -> None:
    refuse(music.parse_key, text)


def validate_tags(tags: Any) -> None:
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValidationError(_('Write a list of texts, like ["soul", "70s"].'), code="tags")
    refuse(music.tidy_tags, tags)


def validate_parts(parts: Any) -> None:
    if not isinstance(parts, list) or not all(is_part(part) for part in parts):
        raise ValidationError(
            _('Write a list like [{"instrument": "vocals", "count": 1, "required": true}].'), code="parts"
        )
    refuse(music.tidy_parts, parts)


def is_part(part: Any) -> bool:
    return (
        isinstance(part, dict)
        and part.keys() == PART_KEYS.keys()
        and all(type(part[name]) is kind for name, kind in PART_KEYS.items())
    )


def refuse(parse: Any, value: Any) -> None:
    """With a code that is none of the field's own: for those it would put a text of its own in place of ours."""
    try:
        parse(value)
    except ValueError as error:
        raise ValidationError(_("This %(reason)s."), code="refused", params={"reason": error}) from error


def validate_chord_sheet_url(url: str) -> None:
    """Only addresses that any phone may open as they are: http(s), no name and password inside, nothing that hides, and
    none that is plainly of the reader's own machine or network."""
    URLValidator(schemes=["http", "https"], message=_("Write a web address that begins with https://."))(url)
    if not url.isprintable():
        raise ValidationError(_("The address must not hold invisible characters."), code="invisible")
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValidationError(_("The address must not hold a name or password."), code="credentials")
    if is_private(parts.hostname or ""):
        raise ValidationError(_("Only addresses that everybody can reach, please."), code="private")


def validate_list_url(url: str) -> None:
    """As for chord sheets, and over HTTPS: what comes from there changes a library."""
    validate_chord_sheet_url(url)
    if not url.lower().startswith("https://"):
        raise ValidationError(_("Write a web address that begins with https://."), code="scheme")
    if len(url) > LONGEST_LIST_URL:
        raise ValidationError(_("The address is longer than %(most)d letters."), params={"most": LONGEST_LIST_URL})


def is_private(host: str) -> bool:
    """By what is written. Where a name leads to is another question, for whoever asks there."""
    host = host.lower().rstrip(".")
    try:
        return not is_public(host)
    except ValueError:
        return f".{host}".endswith(PRIVATE_NAMES)
