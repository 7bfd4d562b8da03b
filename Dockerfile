FROM python:3.13-slim-trixie AS build
WORKDIR /app
COPY requirements.txt requirements-uv.txt ./
RUN python -m venv /venv \
 && pip install --no-cache-dir --require-hashes -r requirements-uv.txt \
 && uv pip install --no-cache --compile-bytecode --python /venv/bin/python --require-hashes -r requirements.txt
COPY manage.py pyproject.toml ./
COPY jamvote jamvote
COPY apps apps
COPY templates templates
COPY locale locale
COPY static static
ENV DATA_DIR=/data
RUN SECRET_KEY=only-for-this-step-and-never-used-again /venv/bin/python manage.py collectstatic --noinput -v0

FROM python:3.13-slim-trixie
# For `manage.py backup`: of the version of compose.yaml's PostgreSQL, or newer.
RUN apt-get update -q && apt-get install -yq --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home jamvote \
 && install -d -o jamvote /data /data/media /data/private \
 && install -d -o jamvote -m 700 /data/backups
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /data/static /data/static
COPY --from=build /app /app
COPY deploy/gunicorn.py deploy/
USER jamvote
VOLUME /data/media /data/private /data/backups
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.py", "jamvote.wsgi"]
