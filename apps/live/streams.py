"""The sending side: tell a stream what has changed, after the commit, from any thread."""

import logging
import threading
import time

from channels.layers import get_channel_layer

from apps.core.store import Away, clock, retire
from apps.live.changes import CLOSE, Change, Changes, Close

log = logging.getLogger(__name__)

RETRY = 0.25  # seconds between two attempts to pay what is owed
LOOK_AGAIN = Change({"refetch": True}, 0)


class Announcer:
    """Tells at once, in the caller's thread. What Redis could not be told is owed, and paid by a thread.

    Debts are the newest state of each thing, so an outage costs memory for rows, not for votes.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.owed: dict[str, Changes] = {}
        self.away = False
        self.payer: threading.Thread | None = None

    def announce(self, stream: str, *changes: Change) -> None:
        """Call after the commit. Never raises, and blocks for two socket time-outs (0.2 s) at most.

        Without a change it says that all who watch should look again. Retires the cached reads of the stream's name.
        """
        news = Changes(clock())
        news.add(change._asdict() for change in changes or [LOOK_AGAIN])
        if not self.away and self.tell(stream, news):
            return
        retire(stream)  # owed on its own, so that what is not told is not read from the cache either
        with self.lock:
            self.owed.setdefault(stream, Changes()).add(news.messages(), news.committed)
            if self.payer is None:
                self.payer = threading.Thread(target=self.pay, name="announcer", daemon=True)
                self.payer.start()

    def tell(self, stream: str, news: Changes) -> bool:
        try:
            get_channel_layer().tell(stream, news.messages(), news.committed)
        except Exception:
            if not self.away:
                log.warning("live: the channel layer is away, announcements are kept", exc_info=True)
            self.away = True  # the next callers do not wait for the same silence
            return False
        self.away = False
        return True

    def pay(self) -> None:
        while True:
            time.sleep(RETRY)
            with self.lock:
                owed, self.owed = self.owed, {}
                if not owed:
                    self.payer = None
                    return
            for stream, news in owed.items():
                if not self.tell(stream, news):
                    with self.lock:
                        kept = self.owed.get(stream, Changes())
                        news.add(kept.messages(), kept.committed)
                        self.owed[stream] = news


announcer = Announcer()
announce = announcer.announce


def dismiss(stream: str, *to: str, why: Close = Close.CHANGED) -> None:
    """Closes the sockets of these addresses at once, or all; what comes back hears what it then may. Call it after the
    commit."""
    announce(stream, *(Change({"code": why}, 0, CLOSE, to=address) for address in to or ("",)))


def revision_of(stream: str) -> int:
    """The place of a stream: read it before the rows, which are then at least as new. 0 when it is not known."""
    try:
        return int(get_channel_layer().revisions([stream])[0])
    except Exception as error:
        if not isinstance(error, Away):  # the store has said it
            log.warning("live: the channel layer is away, a snapshot has no place", exc_info=True)
        retire(stream)  # what is being computed without a place is not kept for others
        return 0
