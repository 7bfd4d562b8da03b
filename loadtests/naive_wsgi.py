"""The product's settings and middleware, with the addresses of naive.py."""

from django.conf import settings

from jamvote.wsgi import application

settings.ROOT_URLCONF = "loadtests.naive"
__all__ = ["application"]
