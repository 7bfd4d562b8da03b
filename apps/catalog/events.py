"""What happens in the library, for those who show songs and hold jams."""

from django.dispatch import Signal

songs_changed = Signal()  # pks: songs that look different now. Sent after the commit
song_banned = Signal()  # venue, song, by: it leaves the venue's jams. Sent in the transaction, as the next one is
flags_changed = Signal()  # venue, by: what it allows its jams. Sent in the transaction, so that they follow or it fails
