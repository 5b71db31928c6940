# The server as an image: one static binary, the packs that ship, and nothing else.
#
#   docker build -t sparring .
#   docker run --rm -p 8080:8080 --read-only sparring
#
# The same sources, the same base image and the same SOURCE_DATE_EPOCH give the same bytes:
#   docker build --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) -t sparring .

# Tags can move: whoever has to know what builds the binary gives a digest, as in
#   --build-arg RUST_IMAGE=docker.io/library/rust@sha256:…
ARG RUST_IMAGE=docker.io/library/rust:1.95.0-slim-bookworm

FROM ${RUST_IMAGE} AS build
WORKDIR /build

# Linked into one file that needs no loader and no library. With a C library of Debian 12 or newer, names
# are looked up without modules that a static binary could not load. The target has to be named, or the
# flag would hold for macros of the compiler, too. What has to be relocated at the start is packed: a
# megabyte less.
ARG TARGET=x86_64-unknown-linux-gnu
ENV RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs" \
    CARGO_INCREMENTAL=0 \
    CARGO_TERM_COLOR=never

# The dependencies, behind a crate of nothing: built again only when one of these two files changes.
COPY Cargo.toml Cargo.lock ./
RUN set -eu; \
    mkdir src benches; \
    echo 'fn main() {}' > src/main.rs; \
    : > src/lib.rs; \
    for bench in $(sed -n '/^\[\[bench]]/,/^$/ s/^name = "\(.*\)"/\1/p' Cargo.toml); do \
        echo 'fn main() {}' > "benches/$bench.rs"; \
    done; \
    cargo build --locked --profile shipping --target "$TARGET" --bin sparring

# The server. Profiles and fault plans are embedded, so the packs are needed here, too. What was copied may
# be older than the crate of nothing, which cargo would take for unchanged.
COPY src src
COPY stubs stubs
RUN set -eu; \
    touch src/main.rs src/lib.rs; \
    cargo build --locked --profile shipping --target "$TARGET" --bin sparring

# What the image has, with times that are the same at each build. The date comes as late as this, or a new
# one would build everything again.
COPY LICENSE LICENSE
ARG SOURCE_DATE_EPOCH=0
RUN set -eu; \
    mkdir -p /image/data; \
    cp "target/$TARGET/shipping/sparring" LICENSE /image/; \
    cp -R stubs /image/stubs; \
    chmod -R u=rwX,go=rX /image; \
    find /image -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; \
    /image/sparring check /image/stubs

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Sparring" \
      org.opencontainers.image.description="A server that behaves like the real, stateful, flawed APIs that an agent will meet." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"

COPY --from=build /image/sparring /image/LICENSE /
COPY --from=build /image/stubs /stubs
# What the user keeps: recorded cassettes, and a journal where one is asked for. It belongs to the user
# that the server runs as; the rest of the file system may be read-only.
COPY --from=build --chown=65532:65532 /image/data /data
VOLUME ["/data"]

ENV SPARRING_LISTEN=0.0.0.0:8080 \
    SPARRING_STUBS=/stubs \
    SPARRING_CASSETTES=/data/cassettes
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=5s --retries=3 CMD ["/sparring", "health"]
ENTRYPOINT ["/sparring"]
