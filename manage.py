#!/usr/bin/env python
"""Runs Django's management commands, with `.venv` made by `./dev`."""

import os
import sys
from importlib import import_module

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        import_module(
            os.environ["DJANGO_SETTINGS_MODULE"]
        )  # Django keeps what is wrong there for a later, darker error
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)
