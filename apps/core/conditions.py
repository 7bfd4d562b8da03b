"""Conditional updates (RFC 9110, 13.1.1): who changes or deletes something says what they have seen of it.

An ETag is a digest of what GET shows, whatever its coding, so it needs no column and cannot be forgotten. It is
compared under the lock under which the change is made: the operation is given a check to make there.
"""

import re
from collections.abc import Callable
from typing import Any

from rest_framework.response import Response

from apps.core.answers import digest_of
from apps.core.errors import ChangedMeanwhile, PreconditionRequired
from apps.core.formats import dumps

Check = Callable[[Any], None]  # given the row, held: raises DomainError if it is not as it was seen

# Finished answers have their coding behind the digest; what stands between may weaken a tag or add to it.
TAG = re.compile(r'(?:W/)?"([0-9a-f]{18})(?:-[\w-]*)?"')


def tagged(response: Response) -> Response:
    """With the ETag of what it shows."""
    response.headers["ETag"] = f'"{digest_of(dumps(response.data))}"'
    return response


def as_seen(request: Any, shown: Callable[[Any], Any]) -> Check:
    """What `If-Match` says of a row that GET shows as `shown(row)`."""
    given = request.META.get("HTTP_IF_MATCH")

    def check(row: Any) -> None:
        if given is None:
            raise PreconditionRequired
        if given.strip() != "*" and digest_of(dumps(shown(row))) not in TAG.findall(given):
            raise ChangedMeanwhile

    return check
