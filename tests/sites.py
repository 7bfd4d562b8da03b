"""Servers of others, each a thread of this process."""

import threading
from http.server import ThreadingHTTPServer


class Site(ThreadingHTTPServer):
    """Answers by its handler until it is stopped; `fields` are what the handler finds at `self.server`."""

    daemon_threads, block_on_close = True, False

    def __init__(self, handler, **fields):
        super().__init__(("127.0.0.1", 0), handler)
        vars(self).update(fields)
        # Stopping takes as long as it looks away: half a second, unless told otherwise.
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()

    def __exit__(self, *_raised):
        self.stop()

    def stop(self):
        self.shutdown()
        self.server_close()
