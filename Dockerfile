# For docker build (BuildKit) and podman build --format docker.
# Secrets, both optional, for a builder whose package index is not the public one: pip.conf, and ca, a file of
# certificates: --secret id=pip.conf,src=/etc/pip.conf --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
# DEBIAN is the release on which the image stands: trixie (Debian 13) or bookworm (Debian 12).

ARG DEBIAN=trixie

FROM debian:${DEBIAN}-slim AS builder
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

# The PostgreSQL of Debian 12. Only programs of its own version can read a cluster, so an image on Debian 13 has both: it
# goes on with the cluster of a volume that an image on Debian 12 made, and can move it to the newer version.
FROM debian:bookworm-slim AS older
ARG DEBIAN
RUN mkdir /older \
    && if [ "$DEBIAN" != bookworm ]; then \
        mkdir -p /etc/postgresql-common/createcluster.d \
        && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/synlua.conf \
        && apt-get update -q \
        && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-15 \
        && cd /usr/lib/postgresql/15/lib \
        && rm -r bitcode llvmjit* \
        && cp -L ../../../*-linux-gnu/libicudata.so.72 ../../../*-linux-gnu/libicui18n.so.72 \
            ../../../*-linux-gnu/libicuuc.so.72 ../../../*-linux-gnu/libldap-2.5.so.0 \
            ../../../*-linux-gnu/liblber-2.5.so.0 . \
        && rm -rf /usr/share/postgresql/15/man \
        && cd / && cp -a --parents usr/lib/postgresql/15 usr/share/postgresql/15 /older \
        && mkdir -p /older/etc/ld.so.conf.d \
        && echo /usr/lib/postgresql/15/lib >/older/etc/ld.so.conf.d/zz-postgresql-15.conf; \
    fi

FROM debian:${DEBIAN}-slim
# The users who own what is on volumes have the same ids on each release.
RUN groupadd --system --gid 101 ssl-cert \
    && groupadd --system --gid 102 redis && groupadd --system --gid 103 postgres \
    && useradd --system --uid 100 --gid redis --home-dir /var/lib/redis --no-create-home \
        --shell /usr/sbin/nologin redis \
    && useradd --system --uid 101 --gid postgres --groups ssl-cert --home-dir /var/lib/postgresql --no-create-home \
        --shell /bin/bash postgres \
    && groupadd --system --gid 104 prometheus && groupadd --system --gid 105 turnserver \
    && useradd --system --uid 102 --gid prometheus --home-dir /var/lib/prometheus --no-create-home \
        --shell /usr/sbin/nologin prometheus \
    && useradd --system --uid 103 --gid turnserver --home-dir / --no-create-home --shell /bin/false turnserver \
    && useradd --system --uid 991 --user-group --home-dir /data --no-create-home synapse
# No cluster of the package's own: synlua makes one in /data where it is needed.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/synlua.conf
# xmlsec1 is what pysaml2 runs; health checks of compose files run curl.
# nginx without the modules of nginx-core: none is used. /run is open like /tmp, so that any user may keep a directory there;
# and /data, which is what a new named volume begins as. Root's start closes it. Debian 13 has libmicrohttpd12 and libuv1
# under other names, which provide these.
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        ca-certificates curl libedit2 libncursesw6 libpq5 libmicrohttpd12 libuv1 libyaml-0-2 lua-argparse lua-dkjson nginx \
        python3 age libjemalloc2 libnss-wrapper postgresql redis-server tzdata xmlsec1 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/debconf/*-old \
    && mkdir -m 1777 /data && chmod 1777 /run \
    && ln -s /opt/synapse/bin/pip /usr/local/bin/pip
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        prometheus prometheus-redis-exporter prometheus-postgres-exporter coturn \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/debconf/*-old
COPY --from=older /older/ /
# A library that the older PostgreSQL lacks would be missed only by the server that needs it.
RUN ldconfig && for version in /usr/lib/postgresql/*; do \
        if ldd "$version"/bin/* | grep 'not found'; then exit 1; fi; \
    done
COPY --from=builder /opt/synapse /opt/synapse
COPY --from=builder /installed /

ARG DEBIAN VERSION=unreleased REVISION=unknown
LABEL org.opencontainers.image.title="synlua" \
      org.opencontainers.image.description="A whole Matrix homeserver: Synapse behind nginx, supervised by one program" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:${DEBIAN}-slim"

VOLUME /data
EXPOSE 8008
STOPSIGNAL SIGTERM
# A start that migrates is healthy, however long it takes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --retries=3 CMD ["/usr/local/bin/synlua", "health"]
ENTRYPOINT ["/usr/local/bin/synlua"]
CMD ["run"]
