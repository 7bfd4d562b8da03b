"""Looks at the stacks of this process from a thread, and adds up for how long each was there.

Time is time by the clock, so what waits for the database counts; a thread that waits for work does not. A stack is
"outermost;…;innermost", each "module:function", as flamegraph.pl and speedscope take it.
"""

import sys
import threading
from collections import defaultdict
from time import perf_counter
from types import CodeType, FrameType

# While somebody looks, threads hand over sooner than after Python's 5 ms: what computes is seen where it computes, and
# not where it lets go.
HAND_OVER = 0.0005  # seconds
MOST_STACKS = 5_000  # different ones; all further are "other"
DEEPEST = 200  # frames

# Where a thread waits for something to do, by what is innermost …
IDLE = {
    ("threading", "Condition.wait"), ("threading", "Event.wait"), ("threading", "Thread._wait_for_tstate_lock"),
    ("concurrent.futures.thread", "_worker"), ("queue", "Queue.get"), ("socketserver", "BaseServer.serve_forever"),
    ("selectors", "EpollSelector.select"), ("selectors", "SelectSelector.select"),
    ("selectors", "_PollLikeSelector.select"), ("selectors", "KqueueSelector.select"),
    ("asyncio.runners", "Runner.run"), ("uvicorn._compat", "asyncio_run"), ("a2wsgi.wsgi", "WSGIResponder.sender"),
    ("billiard.connection", "Connection._recv"), ("billiard.connection", "Connection._poll"),
    ("billiard.pool", "Worker._make_recv_method.<locals>.recv"), ("billiard.synchronize", "SemLock.__enter__"),
    ("apps.core.looking", "keep_looking.<locals>.loop"), ("apps.insight.profiling.asking", "keep_listening"),
    ("apps.insight.profiling.asking", "take"),
}  # fmt: skip
# … unless it waits in the middle of a request or a task: for a connection of the pool, for example.
AT_WORK = {("django.core.handlers.wsgi", "WSGIHandler.__call__"), ("apps.tasks.running", "run")}

_names: dict[CodeType, tuple[str, str]] = {}


class Sampler(threading.Thread):
    """Of one thread, or without one of all but its own, until `stop()`, which answers seconds by stack."""

    def __init__(self, hertz: float, thread: int | None = None) -> None:
        super().__init__(name="sampler", daemon=True)
        self.pause, self.thread = 1 / hertz, thread
        self.ending = threading.Event()
        self.stacks: defaultdict[str, float] = defaultdict(float)

    def run(self) -> None:
        before = sys.getswitchinterval()
        sys.setswitchinterval(HAND_OVER)
        try:
            last = perf_counter()
            while not self.ending.wait(self.pause):
                now = perf_counter()
                self.look(now - last)
                last = now
        finally:
            sys.setswitchinterval(before)

    def look(self, seconds: float) -> None:
        for thread, frame in sys._current_frames().items():
            if thread == self.thread or (self.thread is None and thread != self.ident):
                stack = frames_of(frame)
                if self.thread or not is_idle(stack):
                    self.add(";".join(f"{module}:{function}" for module, function in reversed(stack)), seconds)

    def add(self, stack: str, seconds: float) -> None:
        self.stacks[stack if stack in self.stacks or len(self.stacks) < MOST_STACKS else "other"] += seconds

    def stop(self) -> dict[str, float]:
        self.ending.set()
        self.join()
        return dict(self.stacks)


def frames_of(frame: FrameType | None) -> list[tuple[str, str]]:
    """Innermost first."""
    found: list[tuple[str, str]] = []
    while frame is not None and len(found) < DEEPEST:
        code = frame.f_code
        name = _names.get(code)
        if name is None:
            name = _names[code] = str(frame.f_globals.get("__name__", "?")), code.co_qualname
        found.append(name)
        frame = frame.f_back
    return found


def is_idle(stack: list[tuple[str, str]]) -> bool:
    return stack[0] in IDLE and AT_WORK.isdisjoint(stack)
