"""A song list is fetched: asked for only if it is new, kept as a copy, and known for what it is by what is in it."""

import hashlib
import io
import zlib
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.catalog.csv_records import Record, read_records
from apps.catalog.errors import ListNotFetched
from apps.catalog.json_records import read_json
from apps.catalog.list_models import SongList
from apps.catalog.reader import Reader, Records, is_heading
from apps.core.outbound import Refused, Reply, TooLarge, Unreachable, fetch
from apps.core.text import fold

Trouble = SongList.Trouble
Get = Callable[..., Reply]
ACCEPT = "text/csv, application/json;q=0.9, text/plain;q=0.5, */*;q=0.1"
AGENT = "JamVote (fetches a song list of a venue)"
HTTPS_ALONE = {"https": 443}
WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
RECORDS: dict[str, Records] = {"csv": read_records, "json": read_json}
BLANKS = b" \t\r\n\xef\xbb\xbf"  # and the mark of UTF-8


def public_list(url: str, *, headers: dict[str, str]) -> Reply:
    """Over HTTPS from public addresses, within the limits of the settings."""
    most, seconds = settings.SONG_LIST_BYTES, settings.SONG_LIST_SECONDS
    return fetch(url, headers=headers, most_bytes=most, seconds=seconds, ports=HTTPS_ALONE)


def refresh(*, song_list: SongList, get: Get = public_list) -> SongList:
    """With the copy of now; one that is younger than SONG_LIST_REUSE_SECONDS is. Raises ListNotFetched."""
    if is_fresh(song_list):
        return song_list
    try:
        found = get(song_list.url, headers=asked_with(song_list))
        format_ = "" if found.status == 304 and song_list.digest else format_of(found)
    except Refused as error:
        raise missed(song_list, Trouble.REFUSED) from error
    except Unreachable as error:
        raise missed(song_list, Trouble.UNREACHABLE, again=True) from error
    except TooLarge as error:
        raise missed(song_list, Trouble.TOO_LARGE) from error
    except NotAList as error:
        raise missed(song_list, error.trouble, error.detail, again=error.again) from error
    return kept(song_list, found, format_)


def is_fresh(song_list: SongList) -> bool:
    young = timezone.now() - timedelta(seconds=settings.SONG_LIST_REUSE_SECONDS)
    return bool(song_list.digest and song_list.fetched_at and song_list.fetched_at > young and not song_list.trouble)


def asked_with(song_list: SongList) -> dict[str, str]:
    """Conditional (RFC 9110, 13.1) where there is a copy."""
    headers = {"User-Agent": AGENT, "Accept": ACCEPT}
    if song_list.digest and song_list.etag:
        headers["If-None-Match"] = song_list.etag
    if song_list.digest and song_list.last_modified:
        headers["If-Modified-Since"] = song_list.last_modified
    return headers


class NotAList(Exception):
    def __init__(self, trouble: str, detail: str = "", *, again: bool = False) -> None:
        self.trouble, self.detail, self.again = trouble, detail, again


def format_of(found: Reply) -> str:
    """'csv' or 'json', by what it is called and else by how it begins. Raises NotAList."""
    if found.status != 200:
        raise NotAList(Trouble.STATUS, str(found.status), again=found.status in WORTH_ANOTHER_TRY)
    called = found.headers.get("content-type", "").partition(";")[0].strip().lower()
    begins = found.body.lstrip(BLANKS)[:1]
    if begins == b"<" or "html" in called:
        raise NotAList(Trouble.WEB_PAGE)
    if called.endswith(("/json", "+json")) or (begins in {b"[", b"{"} and called != "text/csv"):
        return "json"
    return "csv"


def kept(song_list: SongList, found: Reply, format_: str) -> SongList:
    """The row with what was found, unless its address is another one by now."""
    digest = hashlib.sha256(found.body).hexdigest()
    with transaction.atomic():
        row = SongList.objects.select_for_update(no_key=True).filter(pk=song_list.pk, url=song_list.url).first()
        if row is None:
            raise ListNotFetched(again=True)
        row.fetched_at, row.trouble, row.detail, row.failed_at = timezone.now(), Trouble.NONE, "", None
        if format_:
            row.etag, row.last_modified = header(found, "etag", 300), header(found, "last-modified", 60)
        if format_ and (row.digest, row.format) != (digest, format_):
            row.copy, row.digest, row.format = zlib.compress(found.body), digest, format_
        row.save()
    return row


def header(found: Reply, name: str, most: int) -> str:
    """As it was sent, or not at all: half of one would never match."""
    value = found.headers.get(name, "")
    return value if len(value) <= most and value.isprintable() and value.isascii() else ""


def missed(song_list: SongList, trouble: str, detail: str = "", *, again: bool = False) -> ListNotFetched:
    """Said in the row, unless its address is another one by now; what was fetched before stays."""
    said = {"trouble": trouble, "detail": detail[:500], "failed_at": timezone.now()}
    SongList.objects.filter(pk=song_list.pk, url=song_list.url).update(**said)
    for name, value in said.items():
        setattr(song_list, name, value)
    return ListNotFetched(song_list.said, again=again)


def reader_of(song_list: SongList) -> Reader:
    """The rows of the copy. What is remembered of columns that it has no more is left out. Raises Unreadable."""
    headings = {fold(name) for name in first_records(song_list, 1)[0].fields}
    mapping = {name: column for name, column in song_list.mapping.items() if fold(name) in headings}
    return Reader(opened(song_list), mapping=mapping, records=RECORDS[song_list.format])


def first_records(song_list: SongList, most: int) -> list[Record]:
    """The names of its columns, and rows. Raises Unreadable."""
    return list(islice(RECORDS[song_list.format](opened(song_list), is_heading=is_heading), most))


def opened(song_list: SongList) -> BinaryIO:
    return io.BytesIO(zlib.decompress(bytes(song_list.copy)))
