"""What happens in a jam, for apps above. Sent in the transaction, so that they follow or it fails, and
under the jam's lock."""

from django.dispatch import Signal

jam_moved = Signal()  # jam: whose status has changed; before: what it was
songs_added = Signal()  # songs: jam songs that are new in the jam, or back in it
song_suggested = Signal()  # song: a jam song; attendee: whose suggestion it is; instrument: what they would play in it
songs_merged = Signal()  # song: a jam song that is one with another, and about to be removed; into: that one
song_moved = Signal()  # song: a jam song whose status has changed; before: what it was
people_gone = Signal()  # jam, people: attendees who left or were taken off; noted: where undo looks, if it can
people_back = (
    Signal()
)  # jam, people: attendees who come back; noted: what they had; back: what they have of it, counted
attendee_renamed = Signal()  # attendee. Without the lock, and after the commit
report_ready = Signal()  # jam, report: the id of a report of it that can be read now. Without the lock
