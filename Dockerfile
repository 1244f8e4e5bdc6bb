# One image for all processes: web (the default), worker, scheduler and `flask --app wsgi …`.
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
# requirements-tracing.txt adds OpenTelemetry.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-tracing.txt /build/
# Wheels only, each with its hash: nothing is compiled, and no code runs while installing.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
    --require-hashes --only-binary :all: --requirement /build/${REQUIREMENTS}
# Babel brings 30 MB about languages that Gatehouse does not speak, and 5 MB of other packages are
# for tests.
RUN find /venv/lib -path '*/babel/locale-data/*.dat' \
    ! -name 'root.dat' ! -name 'en*' ! -name 'de*' ! -name 'ar*' -delete \
    && find /venv/lib/python3*/site-packages -mindepth 2 -maxdepth 2 \
    \( -name tests -o -name testing \) -exec rm -r {} +
WORKDIR /app
COPY gunicorn.conf.py wsgi.py ./
COPY migrations migrations
COPY jobs jobs
COPY webapp webapp
COPY tools/setup.py tools/
# A checkout made with umask 077 has files that only their owner can read. The root may be read-only,
# and then Python cannot keep what it compiles.
RUN chmod -R a+rX . && /venv/bin/python -m compileall -q webapp jobs tools migrations

FROM ${PYTHON} AS gatehouse
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Gatehouse" \
      org.opencontainers.image.description="Invitations by email: who gets in, and who let them in" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# The folder is for SQLite, which compose.yaml does not use; a volume there gets its owner.
RUN useradd --no-log-init --uid 10001 --user-group --no-create-home --home-dir /app \
    --shell /usr/sbin/nologin gatehouse \
    && install --directory --owner=gatehouse --group=gatehouse --mode=0700 /app/instance
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Python's own modules come as source only, and each start and health check would compile them anew:
# importing these keeps what is compiled of all that the processes use.
RUN PYTHONDONTWRITEBYTECODE='' python -c "import gunicorn.arbiter, jobs.worker, urllib.request, webapp"
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]

# With pg_dump and pg_restore, for `flask --app wsgi backup` and `restore`: too large for every process.
# Debian's are of the major version of the server in compose.yaml, as they have to be.
FROM gatehouse AS tools
USER 0:0
# The name pins the major version; Debian's own fixes are wanted. hadolint:
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["flask", "--app", "wsgi"]
CMD ["doctor"]

# What is built when no target is named.
FROM gatehouse
