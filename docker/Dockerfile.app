# syntax=docker/dockerfile:1
# The application on Python 3.11: gateway, actions, video and the two sandbox city systems. Each
# service of docker-compose.yml gives its own command. Built from the root of the repository.

# -- the pages
FROM node:20-bookworm-slim AS pages
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY web/ ./
RUN npm run build

# -- the packages, with torch for the CPU
FROM python:3.11-slim-bookworm AS packages
ARG TORCH_BACKEND=cpu
RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.9 && python -m venv /opt/venv
COPY requirements/app.txt /src/requirements/app.txt
RUN uv pip sync --no-cache --compile-bytecode --torch-backend "$TORCH_BACKEND" \
    --python /opt/venv/bin/python /src/requirements/app.txt

# -- the embedding model and the search index of the service list
FROM packages AS list
ARG EMBEDDING_BACKEND=bundled
ARG EMBEDDING_MODEL=intfloat/multilingual-e5-small
WORKDIR /src
COPY core/ core/
COPY knowledge/ knowledge/
ENV SG_DATA_DIR=/opt/sg SG_EMBEDDING_BACKEND=$EMBEDDING_BACKEND \
    SG_EMBEDDING_MODEL=$EMBEDDING_MODEL HF_HOME=/opt/sg/hub PYTHONDONTWRITEBYTECODE=1
RUN /opt/venv/bin/python -m knowledge validate \
    && /opt/venv/bin/python -m knowledge build \
    && mkdir -p /opt/sg/models /opt/sg/index /opt/sg/cache /opt/sg/hub

# -- what runs
FROM python:3.11-slim-bookworm AS app
ARG EMBEDDING_BACKEND=bundled
ARG EMBEDDING_MODEL=intfloat/multilingual-e5-small
RUN groupadd --gid 10001 sg && useradd --uid 10001 --gid 10001 --no-create-home --home /tmp sg \
    && install -d -o 10001 -g 10001 -m 0700 /data /data/index
COPY --from=packages /opt/venv /opt/venv
COPY --from=list /opt/sg /opt/sg
WORKDIR /app
COPY docs/demo-accounts.json docs/
COPY docker/entrypoint.sh docker/healthcheck.py docker/
COPY core/ core/
COPY knowledge/ knowledge/
COPY cities/ cities/
COPY desk/ desk/
COPY video/ video/
COPY actions/ actions/
COPY gateway/ gateway/
RUN python -m compileall -q /app
COPY --from=pages /src/web/dist web/dist
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp HF_HOME=/opt/sg/hub HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=2 \
    RASA_TELEMETRY_ENABLED=false ORT_DISABLE_TELEMETRY=1 SG_DATA_DIR=/data \
    SG_EMBEDDING_BACKEND=$EMBEDDING_BACKEND SG_EMBEDDING_MODEL=$EMBEDDING_MODEL
USER 10001:10001
ENTRYPOINT ["/bin/sh", "/app/docker/entrypoint.sh"]
CMD ["python", "-m", "gateway", "--host", "0.0.0.0", "--port", "8080"]
