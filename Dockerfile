# The sidecar's image: one static binary. docs/IMAGE.md says why, and what was measured.
#
#   docker build -t taskprobe .
#
# apt's sources are those of the base image. Behind a mirror, mount others (podman):
#   --volume /path/debian.sources:/etc/apt/sources.list.d/debian.sources:ro

# The libraries first: they change with their recipe alone.
FROM debian:trixie-slim AS deps
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get -qq update && apt-get -qq install --no-install-recommends \
        bzip2 ca-certificates cmake debian-archive-keyring gcc libc6-dev libcap-dev \
        libcap2-bin libcjson-dev libcmocka-dev libcurl4-openssl-dev libseccomp-dev make \
        musl-tools ninja-build patch pkgconf uthash-dev xz-utils zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY cmake/deps.sh cmake/debian.sh cmake/mbedtls.h cmake/mbedtls-pss.patch cmake/
RUN cmake/deps.sh trixie /src/build/deps

# The unit tests run against trixie's own libraries; the binary, against musl.
FROM deps AS build
COPY . .
RUN cmake --preset dev && cmake --build --preset dev && ctest --preset dev -j "$(nproc)"
# Permitted, not effective: nothing where SYS_PTRACE is not granted ("+ep" would not
# start there), and the program raises it where it is.
RUN cmake --preset static && cmake --build --preset static \
    && setcap cap_sys_ptrace+p build/static/taskprobe \
    && build/static/taskprobe version

FROM scratch
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="taskprobe" \
      org.opencontainers.image.description="What an Amazon ECS task really is: declared and observed, side by side" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /src/build/static/taskprobe /taskprobe
USER 65532
# No HEALTHCHECK: ECS ignores an image's. A task definition says
#   "healthCheck": { "command": ["CMD", "/taskprobe", "health"] }
ENTRYPOINT ["/taskprobe"]
CMD ["agent"]
