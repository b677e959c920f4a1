# syntax=docker/dockerfile:1
# The wheel is made where there is a compiler, installed where there is none, and run by a user who owns nothing.

FROM rust:1.95-slim-bookworm AS wheel
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /build-env && /build-env/bin/pip install --no-cache-dir "maturin==1.16.0"
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY pb_rust ./pb_rust
COPY configs ./configs
COPY themes ./themes
COPY pbtui ./pbtui
RUN /build-env/bin/maturin build --release --locked --out /wheels

FROM python:3.13-slim-bookworm AS environment
COPY --from=wheel /wheels /wheels
RUN python -m venv /opt/pbtui \
    && /opt/pbtui/bin/pip install --no-cache-dir /wheels/*.whl \
    && /opt/pbtui/bin/python -m compileall -q /opt/pbtui/lib

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 pbtui \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin pbtui \
    && install -d -o 10001 -g 10001 -m 0700 /data /data/configs /state /scratch
COPY --from=environment /opt/pbtui /opt/pbtui
ENV PATH=/opt/pbtui/bin:$PATH \
    LANG=C.UTF-8 \
    XDG_STATE_HOME=/state \
    XDG_CONFIG_HOME=/state/settings \
    TMPDIR=/scratch
WORKDIR /data
# /data: run, caches, results; /data/configs: configurations; /state: locks, sockets, confirmations; /scratch: files of
# the moment, in memory where the root is read-only.
VOLUME ["/data", "/state"]
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=120s CMD ["pbtui", "status"]
ENTRYPOINT ["pbtui"]
CMD ["--no-ui", "-u", "paper"]
