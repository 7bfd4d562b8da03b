"""How an operation says no. The edge turns it into problem+json (API) or a message (page)."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """What happened and what to do now, in the reader's language.

    `code` is for programs and does not change; `status` is the HTTP status; `fields` are errors by field;
    `extra` are further members for programs.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: Any = _("That is not possible now.")

    def __init__(
        self, message: Any = None, *, fields: dict[str, list[Any]] | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        self.message = message or self.message
        self.fields, self.extra = fields or {}, extra or {}
        super().__init__(self.message)


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    message = _("You may not do this. Log in with an account that may.")


class Invalid(DomainError):
    code = "invalid"
    status = 400
    message = _("Some of what was sent is not right. See the fields.")


class NotThere(DomainError):
    code = "not_found"
    status = 404
    message = _("This is no longer here.")


class Unavailable(DomainError):
    code = "unavailable"
    status = 503


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    status = 412
    message = _("Somebody else has changed this since you read it. Read it again, then send your change with its ETag.")


class PreconditionRequired(DomainError):
    code = "precondition_required"
    status = 428
    message = _("Say what you have seen: send the ETag of your last GET as If-Match, or * to change whatever is there.")
