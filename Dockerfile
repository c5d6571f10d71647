# The page with the built-in model on a CPU. Written without a Docker daemon at hand, so it was never built;
# tests/test_dockerfile.py runs what it runs as plain commands. docs/hosting.md tells how to start it.
FROM python:3.11-slim

COPY packages.txt requirements.txt /explorer/
WORKDIR /explorer
RUN apt-get update \
    && xargs -a packages.txt apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt
COPY app.py pyproject.toml LICENSE /explorer/
COPY app /explorer/app
COPY engine /explorer/engine
COPY assets /explorer/assets
RUN useradd --create-home explorer && install -d -o explorer /cache
USER explorer

ENV GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_TEMP_DIR=/cache/uploads \
    HF_HOME=/cache/hub \
    MPLCONFIGDIR=/cache/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/cache
VOLUME /cache
EXPOSE 7860
HEALTHCHECK --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health', timeout=5)"]
CMD ["python", "app.py"]
