"""What happens in the library, for those who show songs and hold jams."""

from django.dispatch import Signal

songs_changed = Signal()  # pks: songs that look different now. Sent after the commit
song_banned = Signal()  # venue, song, by: it leaves the venue's jams. Sent in the transaction, as the next one is
song_merged = (
    Signal()
)  # song, into, by: what is of the one is the other's now. Sent in the transaction, under their locks
flags_changed = Signal()  # venue, by: what it allows its jams. Sent in the transaction, so that they follow or it fails
