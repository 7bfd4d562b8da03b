"""What happens to accounts, for those who show things to them. Sent after the commit."""

from django.dispatch import Signal

tokens_revoked = Signal()  # user: whose
