"""How webhooks say no."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, Invalid, NotAllowed, NotThere


class NotYours(NotAllowed):
    code = "not_allowed"
    message = gettext_lazy("Only who may change this jam or venue sets up its webhooks. Ask its owner or a manager.")


class AddressRefused(Invalid):
    def __init__(self) -> None:
        text = _("Write a public address that begins with https:// and names no port, user or password.")
        super().__init__(fields={"url": [text]})


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"

    def __init__(self, most: int) -> None:
        super().__init__(_("There can be %(n)d at once. Delete one that is not needed.") % {"n": most})


class WebhookOff(DomainError):
    code = "webhook_off"
    message = gettext_lazy("This webhook is switched off. Switch it on first.")


class SecretLost(DomainError):
    code = "secret_lost"
    message = gettext_lazy("The secret cannot be opened: the server's key has changed. Make a new one.")


# What comes in ----------------------------------------------------------------------------------------


class SignatureInvalid(DomainError):
    code, status = "signature_invalid", 401
    message = gettext_lazy("The signature does not fit. Sign id, time and body as Standard Webhooks says.")


class TimestampOutside(DomainError):
    code, status = "timestamp_outside", 401
    message = gettext_lazy("This was signed too long ago, or in the future. Look at the clock, and sign each try anew.")


class InboxOff(DomainError):
    code, status = "inbox_off", 403
    message = gettext_lazy("This inbox is switched off.")


class EventReused(DomainError):
    code, status = "event_id_reused", 409
    message = gettext_lazy("Another event came with this id. Take a new id for each event.")


class BodyTooLarge(DomainError):
    code, status = "too_large", 413

    def __init__(self, most: int) -> None:
        super().__init__(_("That is too large: at most %(kb)d KB can be sent.") % {"kb": most // 1024})


class NoSuchJam(NotThere):
    message = gettext_lazy("There is no such jam at this venue.")


class NoSuchSong(NotThere):
    code = "no_such_song"
    message = gettext_lazy("There is no such song in this jam.")


class NoSuchSlot(NotThere):
    code = "no_such_slot"
    message = gettext_lazy("There is no such slot in this jam.")


class NoSuchSignUp(NotThere):
    code = "no_such_signup"
    message = gettext_lazy("No sign-up came in under this name.")


class Overtaken(DomainError):
    code = "overtaken"
    message = gettext_lazy("Something newer has been told of this jam: this changes nothing any more.")


class NobodyActs(DomainError):
    code = "nobody_acts"
    message = gettext_lazy(
        "Whoever set up this inbox manages the venue no more. A manager takes it over by making a new secret."
    )


class UnknownType(DomainError):
    code = "unknown_type"
    message = gettext_lazy("This type of event is not known.")


class NotTaken(DomainError):
    """What an event says of a song cannot be taken as it is."""

    code = "not_taken"

    def __init__(self, reasons: Any) -> None:
        super().__init__(" ".join(map(str, reasons)) or None)
