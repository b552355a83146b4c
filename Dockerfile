# The server in a container: not root, nothing to write to but /data, no secret in any layer (they come at run time, by
# files: see compose.yaml and docs/operating.md).
#
#   docker build -t itsm-reports .
#
# Where packages come from registries of your own, their addresses and credentials are build secrets, which no layer keeps:
#   docker build --secret id=pip,src=$HOME/.config/pip/pip.conf --secret id=npm,src=$HOME/.npmrc -t itsm-reports .

ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_CONSTRAINT=/src/constraints.txt
COPY constraints.txt ./
RUN python -m venv /opt/itsm-reports
COPY . .
# What builds the wheel is pinned as well. The build fetches GraphiQL's files, checked by hash.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=npm,target=/root/.npmrc \
    python -m pip wheel --no-deps --wheel-dir /wheel . \
    && /opt/itsm-reports/bin/python -m pip install /wheel/*.whl \
    && /opt/itsm-reports/bin/python -I -c "from server.graphiql import ASSETS; (ASSETS / 'graphiql.min.js').stat()"

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin itsm \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/itsm-reports /opt/itsm-reports
ENV PATH=/opt/itsm-reports/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ITSM_DATA_DIR=/data \
    ITSM_HOST=0.0.0.0 \
    ITSM_PORT=8000
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-m", "server.health"]
CMD ["itsm-reports", "serve"]
