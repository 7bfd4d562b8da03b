"""HTTP: pages, API, admin. Served by gunicorn gthread."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jamvote.settings")
application = get_wsgi_application()

from apps.core.process_metrics import measure_as  # noqa: E402
from apps.insight.measuring import flush  # noqa: E402
from apps.insight.profiling import asking as profiling  # noqa: E402
from apps.jams.warming import warm_at_start  # noqa: E402
from apps.tasks.sending import be_ready  # noqa: E402

measure_as("web")
flush.start("web")
profiling.listen("web")
warm_at_start()
be_ready()
