"""How the library says no."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError, NotAllowed

if TYPE_CHECKING:
    from apps.catalog.models import Song, Venue


class NotAVenueManager(NotAllowed):
    code = "not_a_venue_manager"
    message = gettext_lazy("Only the managers of a venue change it. Ask one of them.")


class StaffOnly(NotAllowed):
    code = "staff_only"
    message = gettext_lazy("All venues share the songs, so only staff change or delete one. Tell them what is wrong.")


class VenueNameTaken(DomainError):
    code = "venue_name_taken"

    def __init__(self, venue: "Venue") -> None:
        text = _("There is a venue called “%(name)s” already. Add the town to the name.") % {"name": venue.name}
        super().__init__(text, fields={"name": [text]})


class VenueInUse(DomainError):
    code = "venue_in_use"

    def __init__(self, venue: "Venue") -> None:
        super().__init__(_("“%(name)s” has jams. Delete those first.") % {"name": venue.name})


class SongKnown(DomainError):
    code = "song_known"

    def __init__(self, song: "Song") -> None:
        text = _("The library has “%(title)s” by %(artist)s already. Use that one.")
        super().__init__(text % {"title": song.title, "artist": song.artist}, extra={"song": song.pk})


class SongInUse(DomainError):
    code = "song_in_use"

    def __init__(self, song: "Song") -> None:
        text = _("“%(title)s” is in the line-up of a jam, now or in the past, and stays in the library.")
        super().__init__(text % {"title": song.title})


class SameSong(DomainError):
    code = "same_song"
    message = gettext_lazy("A song cannot be merged into itself. Choose another one.")


class SongBusy(DomainError):
    code = "song_busy"
    message = gettext_lazy("The song comes into jams at this moment. Nothing was merged: try again.")


class TooManySongs(DomainError):
    code = "too_many_songs"
    status = 400

    def __init__(self, most: int) -> None:
        super().__init__(
            _("At most %(most)d songs at once. Choose fewer, and do it again with the others.") % {"most": most}
        )


class SongBanned(DomainError):
    code = "song_banned"

    def __init__(self, venue: "Venue", why: str) -> None:
        super().__init__(_("%(venue)s does not play this: %(why)s") % {"venue": venue.name, "why": why})


class Unreadable(DomainError):
    """A file from which no row can be taken."""

    code = "unreadable_file"
    status = 400


class NothingToResume(DomainError):
    code = "nothing_to_resume"
    message = gettext_lazy("No import of this file with these options was stopped. Run it without --resume.")


class NoSongList(DomainError):
    code = "no_song_list"
    status = 404
    message = gettext_lazy("The venue has no song list. Say first at which address it stands.")


class SongListBusy(DomainError):
    code = "song_list_busy"
    message = gettext_lazy("What the list changes is being applied. Try again in a moment.")


class NothingToApply(DomainError):
    code = "nothing_to_apply"
    message = gettext_lazy("There is nothing to apply. Fetch the list, and look at what it changes.")


class SongListChanged(DomainError):
    """What was looked at is not what there is."""

    code = "song_list_changed"
    message = gettext_lazy("The list differs in another way by now. Look at what it changes, then apply that.")


class ListNotFetched(DomainError):
    """`again`: it may be there in a moment."""

    code = "song_list_not_fetched"

    def __init__(self, message: str = "", *, again: bool = False) -> None:
        super().__init__(message or _("The address of the list was changed meanwhile. Fetch it again."))
        self.again = again
