"""What happened to an account, for apps above."""

from django.dispatch import Signal

session_ended = Signal()  # user: one of their sessions is no more, or several; sent after the commit
tokens_revoked = Signal()  # user: whose; sent after the commit
