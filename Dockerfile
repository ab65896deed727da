# One image for server, worker and the one-shot runs. Builds with the classic builder and with BuildKit.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore UV_NO_CACHE=1 UV_LINK_MODE=copy
COPY requirements-setup.txt ./
RUN python -m pip install --quiet --require-hashes -r requirements-setup.txt && python -m venv --without-pip /opt/bakeoff
# Compiled here: nobody may write there later, and every run would compile it anew.
COPY requirements.txt ./
RUN uv pip install --quiet --python /opt/bakeoff/bin/python --no-deps --require-hashes --compile-bytecode -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
 && uv pip install --quiet --python /opt/bakeoff/bin/python --no-deps --no-index --compile-bytecode dist/*.whl
# A server copies its pages to where it serves them from, by default beside its code, where its user may not write.
RUN PREFECT_HOME=/tmp/prefect PREFECT_UI_STATIC_DIRECTORY=/opt/pages \
    /opt/bakeoff/bin/python -c "from prefect.server.api.server import create_ui_app; create_ui_app(ephemeral=False)" \
 && test -e /opt/pages/v1/index.html && test -e /opt/pages/v2/index.html


FROM python:3.13-slim-bookworm
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="bakeoff" \
      org.opencontainers.image.description="Race Random Forest, SVM and Logistic Regression, keep the best as a sealed version, predict with it" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.13-slim-bookworm"
# A fixed number, so that volumes and shared folders can be given to it.
RUN groupadd --gid 10001 bakeoff && useradd --uid 10001 --gid bakeoff --create-home --home-dir /home/bakeoff bakeoff
COPY --from=build /opt/bakeoff /opt/bakeoff
# The server's user's own: with another PREFECT_UI_SERVE_BASE the server writes them anew.
COPY --from=build --chown=10001:10001 /opt/pages /opt/pages
ENV PATH=/opt/bakeoff/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PREFECT_HOME=/home/bakeoff/.prefect \
    PREFECT_UI_STATIC_DIRECTORY=/opt/pages \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1
WORKDIR /app
COPY pyproject.toml prefect.yaml LICENSE ./
COPY flows flows
COPY tasks tasks
COPY deployments deployments
COPY examples examples
# The base image leaves its standard library uncompiled, and this user could not write what it compiles.
# A volume that is mounted for the first time takes the folder's owner over.
RUN python -m compileall -q flows tasks deployments /usr/local/lib/python3.13 \
 && mkdir models predictions .bakeoff data /home/bakeoff/.prefect \
 && chown bakeoff:bakeoff models predictions .bakeoff data /home/bakeoff/.prefect
USER bakeoff
EXPOSE 4200
# Of a worker, which is what the image runs if it is told nothing else.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
CMD ["prefect", "worker", "start", "--pool", "bakeoff", "--type", "process", "--limit", "2", "--with-healthcheck"]
