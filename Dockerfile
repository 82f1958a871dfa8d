# For docker build (BuildKit) and podman build --format docker.
# Secrets, both optional, for a builder whose package index is not the public one: pip.conf, and ca, a file of
# certificates: --secret id=pip.conf,src=/etc/pip.conf --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt

FROM debian:bookworm-slim AS builder
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        gcc libc6-dev make pkg-config liblua5.4-dev lua-lpeg-dev lua-argparse lua-dkjson libuv1-dev libyaml-dev \
        libmicrohttpd-dev libedit-dev libncurses-dev \
        python3 python3-venv python3-dev libpq-dev ca-certificates \
    && apt-get clean && rm -rf /var/lib/apt/lists/*

# Before the sources, so that a change of them does not build it again. pip stays, for modules of the admin's.
COPY requirements.txt /build/
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf,required=false \
    --mount=type=secret,id=ca,target=/run/host-ca.crt,required=false \
    if [ -f /run/host-ca.crt ]; then export PIP_CERT=/run/host-ca.crt; fi \
    && python3 -m venv /opt/synapse \
    && /opt/synapse/bin/pip install --no-input --disable-pip-version-check --progress-bar off -r /build/requirements.txt

COPY . /build/
RUN make -s -C /build -j"$(nproc)" && make -s -C /build install DESTDIR=/installed

FROM debian:bookworm-slim
# No cluster of the package's own: synlua makes one in /data where it is needed.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/synlua.conf
# xmlsec1 is what pysaml2 runs; health checks of compose files run curl.
# nginx without the modules of nginx-core: none is used. /run is open like /tmp, so that any user may keep a directory there;
# and /data, which is what a new named volume begins as. Root's start closes it.
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        ca-certificates curl libedit2 libncursesw6 libpq5 libmicrohttpd12 libuv1 libyaml-0-2 lua-argparse lua-dkjson nginx \
        python3 age libjemalloc2 libnss-wrapper postgresql-15 redis-server tzdata xmlsec1 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/debconf/*-old \
    && useradd --system --uid 991 --user-group --home-dir /data --no-create-home synapse \
    && mkdir -m 1777 /data && chmod 1777 /run \
    && ln -s /opt/synapse/bin/pip /usr/local/bin/pip
# After the others, so that the users which own what is on volumes keep their ids.
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        prometheus prometheus-redis-exporter prometheus-postgres-exporter coturn \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/debconf/*-old
COPY --from=builder /opt/synapse /opt/synapse
COPY --from=builder /installed /

ARG VERSION=unreleased REVISION=unknown
LABEL org.opencontainers.image.title="synlua" \
      org.opencontainers.image.description="A whole Matrix homeserver: Synapse behind nginx, supervised by one program" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"

VOLUME /data
EXPOSE 8008
STOPSIGNAL SIGTERM
# A start that migrates is healthy, however long it takes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --retries=3 CMD ["/usr/local/bin/synlua", "health"]
ENTRYPOINT ["/usr/local/bin/synlua"]
CMD ["run"]
