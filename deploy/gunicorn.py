"""gunicorn for both kinds of process: `jamvote.wsgi` (pages, API, admin) and `-k uvicorn_worker.UvicornWorker
jamvote.asgi` (sockets). WEB_CONCURRENCY sets the number of workers."""

from uvicorn_worker import UvicornWorker

bind = "0.0.0.0:8000"
worker_class = "gthread"
threads = 8
keepalive = 75  # longer than the balancer keeps its connections
loglevel = "warning"
graceful_timeout = 20
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
forwarded_allow_ips = "*"  # only the balancer reaches this port

# Frames are small and serialised once for all; compressing them for every socket costs more than it saves.
UvicornWorker.CONFIG_KWARGS |= {"ws_per_message_deflate": False, "ws_max_size": 16_384, "server_header": False}
