# The bot with everything it needs to paint: nothing is downloaded when it starts.
#
#   docker build -t stylize-bot .
#   docker run --init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       --gpus all --env-file .env --volume stylize-data:/data stylize-bot
#
# The steps are the README's plain commands. TORCH_INDEX_URL is pip's --index-url for torch and
# torchvision: empty takes the CUDA builds of the default index; PyTorch's own CPU index (see the
# README) makes an image without CUDA, several gigabytes smaller.

# To pin the image, name it with its digest: --build-arg BASE=python:3.12-slim@sha256:…
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
ARG TORCH_INDEX_URL=""
# More extras: ",ray" for painting on several hosts (docs/cluster.md).
ARG MORE=""
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/stylize
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} \
        "torch>=2.11" "torchvision>=0.26"
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY nst nst
COPY backend backend
COPY bot bot
RUN .venv/bin/python -m pip install -c constraints.txt ".[bot,postgres,s3${MORE}]"

FROM ${BASE}
RUN useradd --uid 10001 --user-group --create-home stylize \
    && install -d -o stylize -g stylize /data
COPY --from=build /opt/stylize/.venv /opt/stylize/.venv
ENV PATH="/opt/stylize/.venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    STYLIZE_DATA_DIR=/data
USER 10001
WORKDIR /data
# Fails the build where torch, torchvision and the weights do not fit together.
RUN nst doctor
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["stylize-bot", "health"]
ENTRYPOINT ["stylize-bot"]
CMD ["run", "--local-chat", "off"]
