from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class SignUpsClosed(DomainError):
    code = "sign_ups_closed"
    message = _("This jam takes no sign-ups. Ask the host at the stage.")


class SignUpsFrozen(DomainError):
    code = "sign_ups_frozen"
    message = _("This song has been played or taken off: who plays it stays as it is. Choose another one.")


class TooManySignUps(DomainError):
    code = "too_many_sign_ups"
    message = _("You are signed up as often as one performer can be. Withdraw from one, or wait until one is played.")


class SlotGone(DomainError):
    code = "slot_gone"
    status = 404
    message = _("This slot is no longer here. Look at the song again.")


class SignUpGone(DomainError):
    code = "sign_up_gone"
    message = _("This sign-up is over: it was withdrawn or played. Sign up anew.")


class StillWaiting(DomainError):
    code = "still_waiting"
    message = _("Somebody else has this slot. You are in line: say that you are here when it is yours.")


class AlreadySignedUp(DomainError):
    code = "already_signed_up"
    message = _("Who would come to this slot is signed up for it already. Take that sign-up off first.")


class TooManySlots(DomainError):
    code = "too_many_slots"
    message = _("This song has as many slots as a song can have. Remove one first.")
