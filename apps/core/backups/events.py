"""What others must know of: the database has become an earlier one, and what they remember may be newer."""

from django.dispatch import Signal

restored = Signal()
