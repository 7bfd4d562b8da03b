"""gunicorn for both kinds of process: `jamvote.wsgi` (pages, API, admin) and `-k uvicorn_worker.UvicornWorker
jamvote.asgi` (sockets). WEB_CONCURRENCY sets the number of workers."""

import ctypes
import logging
import os
import resource

from gunicorn.arbiter import Arbiter
from gunicorn.http import wsgi
from uvicorn_worker import UvicornWorker

from apps.core import logs

bind = "0.0.0.0:8000"
worker_class = "gthread"
threads = 8
keepalive = 75  # longer than the balancer keeps its connections
loglevel = "warning"
logconfig_dict = logs.configuration(os.environ.get("LOG_FORMAT", "text"), logging.WARNING)
backlog = 4096  # phones that come back at once; the kernel keeps no more waiting than net.core.somaxconn says
graceful_timeout = 20
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
forwarded_allow_ips = "*"  # whether it came by TLS; who asks is found out by TRUSTED_PROXIES
forwarder_headers = ""  # a header SCRIPT_NAME or PATH_INFO would move the whole site
wsgi.SERVER = "JamVote"  # what serves it is nobody's business

# Frames are small and serialised once for all; compressing them for every socket costs more than it saves.
UvicornWorker.CONFIG_KWARGS |= {
    "ws_per_message_deflate": False, "ws_max_size": 16_384, "server_header": False,
    "timeout_graceful_shutdown": 5,  # seconds that a socket which does not read can put the end off
    "proxy_headers": False,  # it would believe whatever address a client makes up
}  # fmt: skip


# Threads that take turns need no memory of their own each: with one arena what one frees serves the next.
if hasattr(libc := ctypes.CDLL(None), "mallopt"):  # glibc
    libc.mallopt(-8, 1)  # M_ARENA_MAX: mallopt(3)

# A socket is an open file, of which many systems allow a process 1,024 unless it asks.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))

# Metrics: every worker writes its own into one folder, and whichever is asked adds them up (apps/core/metrics.py).


def on_starting(server: Arbiter) -> None:
    """At the start and not at a reload, so that counters go on. Workers import prometheus_client after it."""
    from apps.core.metrics_folder import make_folder

    os.chown(make_folder(server.cfg.worker_tmp_dir), server.cfg.uid, server.cfg.gid)
