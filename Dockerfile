# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY reconcile reconcile
COPY schemas schemas
RUN python -m venv /opt/reconcile \
    && /opt/reconcile/bin/python -m pip install --no-cache-dir --no-compile --disable-pip-version-check ".[postgresql]" \
    && /opt/reconcile/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim-bookworm
# A project is mounted at /work, with a user of its own: docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" …
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin reconcile \
    && install -d -o 10001 -g 10001 /work
COPY --from=build /opt/reconcile /opt/reconcile
ENV PATH=/opt/reconcile/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["reconcile"]
CMD ["--help"]
