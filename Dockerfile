FROM python:3.13-slim AS build
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

FROM python:3.13-slim
RUN useradd --system --create-home jamvote \
 && install -d -o jamvote /data /data/media /data/private
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /data/static /data/static
COPY --from=build /app /app
COPY deploy/gunicorn.py deploy/
USER jamvote
VOLUME /data/media /data/private
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 3).close()"]
CMD ["gunicorn", "--config", "deploy/gunicorn.py", "jamvote.wsgi"]
