"""jamvote.asgi with the fault that JAMVOTE_FAULT names."""

import os

import django

from loadtests.faults.code import install

django.setup()
install(os.environ["JAMVOTE_FAULT"])

from jamvote.asgi import application  # noqa: E402

__all__ = ["application"]
