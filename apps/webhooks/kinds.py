"""What webhooks tell, and what they are told: names that programs know, so they do not change."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

PING = "ping"  # of the test button


class Kind(TextChoices):
    """Out."""

    JAM_STATUS = "jam.status", _("The jam opens, begins, has its last call, ends")
    SONG_QUEUED = "song.queued", _("A song is queued")
    SONG_PLAYING = "song.playing", _("A song begins")
    SONG_PLAYED = "song.played", _("A song is over")
    SONG_SKIPPED = "song.skipped", _("A song leaves the set list or the stage unplayed")
    SIGNUP_CHANGED = "signup.changed", _("A slot has or loses its performer, or its line changes")
    REPORT_READY = "report.ready", _("A report can be read")


class Told(TextChoices):
    """In."""

    PLAY_STARTED = "play.started", _("A song begins")
    PLAY_FINISHED = "play.finished", _("A song is over")
    PLAY_SKIPPED = "play.skipped", _("A song is skipped")
    SONG_UPSERTED = "song.upserted", _("A song of the library")
    SIGNUP_CREATED = "signup.created", _("Somebody signs up")
    SIGNUP_WITHDRAWN = "signup.withdrawn", _("Somebody withdraws")
