"""Files in a bucket of an S3 store, for machines that share no disk. Nobody but we reads the bucket: pictures come from
our own address (media.py)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.encoding import filepath_to_uri
from django.utils.translation import gettext_lazy as _
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from apps.core.errors import Unavailable

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 2  # a jam that is changed is locked for so long
Asks = TypeVar("Asks", bound=Callable[..., Any])
NO_NAME = {400, 404}  # that the bucket has, or could have


def answered(ask: Asks) -> Asks:
    """Raises Unavailable where the bucket does not answer."""

    @wraps(ask)
    def asked(*args: Any, **options: Any) -> Any:
        try:
            return ask(*args, **options)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and status_of(error) < 500:
                raise
            raise Unavailable(_("The server cannot reach its files. Try again in a moment.")) from error

    return cast("Asks", asked)


def status_of(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


class Bucket(S3Storage):
    """`location`: the folder in the bucket."""

    _save = answered(S3Storage._save)
    exists, delete, size = answered(S3Storage.exists), answered(S3Storage.delete), answered(S3Storage.size)

    def get_default_settings(self) -> dict[str, Any]:
        path = {"addressing_style": "path"} if settings.S3_ENDPOINT_URL else {}
        config = Config(
            s3=path,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS},
            request_checksum_calculation="when_required",  # not every store but Amazon's knows them
            response_checksum_validation="when_required",
        )
        return super().get_default_settings() | {
            "bucket_name": settings.S3_BUCKET,
            "endpoint_url": settings.S3_ENDPOINT_URL or None,
            "region_name": settings.S3_REGION or None,
            "access_key": settings.S3_ACCESS_KEY or None,
            "secret_key": settings.S3_SECRET_KEY or None,
            "file_overwrite": False,
            "client_config": config,
        }

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """All of it at once, so that whoever reads on meets no bucket that is away by then."""
        return ContentFile(self.read(name), name)

    @answered
    def read(self, name: str) -> bytes:
        """All of it, by one request. Raises FileNotFoundError."""
        try:
            found = self.bucket.Object(self._normalize_name(clean_name(name))).get()
        except ClientError as error:
            if status_of(error) in NO_NAME:
                raise FileNotFoundError(name) from error
            raise
        return cast("bytes", found["Body"].read())

    def url(self, name: str, *_args: Any, **_options: Any) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
