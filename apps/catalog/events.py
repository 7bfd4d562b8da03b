"""What happens in the library, for those who show songs. Sent after the commit."""

from django.dispatch import Signal

songs_changed = Signal()  # pks: songs that look different now
