"""Workers and beat: `celery -A jamvote worker`, `celery -A jamvote beat`."""

import gc
import os

import django
from celery.signals import worker_init, worker_process_init
from django.conf import settings

from apps.core.metrics_folder import is_shared, make_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
if settings.TASK_METRICS_PORT or is_shared():
    make_folder()
django.setup()

from apps.insight.measuring import flush  # noqa: E402
from apps.insight.profiling import asking as profiling  # noqa: E402
from apps.tasks.broker import app  # noqa: E402
from apps.tasks.worker import register  # noqa: E402

register()
worker_process_init.connect(lambda **_signal: flush.start("worker"), weak=False)
worker_process_init.connect(lambda **_signal: profiling.listen("worker"), weak=False)
# What is loaded by now the processes that run tasks share, for as long as no collection writes to it.
worker_init.connect(lambda **_signal: gc.freeze(), weak=False)

__all__ = ["app", "register"]
