"""jamvote.wsgi with the garbage collector as GARBAGE says: "as it comes", or "frozen" with the first threshold."""

import gc
import os

from jamvote.wsgi import application

how, _, threshold = os.environ["GARBAGE"].partition(" ")
if how == "frozen":
    gc.collect()
    gc.freeze()
if threshold.isdecimal():
    gc.set_threshold(int(threshold), *gc.get_threshold()[1:])

__all__ = ["application"]
