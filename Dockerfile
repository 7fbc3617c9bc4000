FROM rust:1.95-bookworm AS builder
WORKDIR /src
COPY . .
# The caches stay on the machine that builds, so a second build compiles only what has changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package clairon && cp target/release/clairon /usr/local/bin/

FROM debian:bookworm-slim
# By number: Kubernetes then sees that it is not root, and a bind mount can be given to it with `chown 10001`.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin clairon \
    && install --directory --owner clairon --group clairon /data
COPY --from=builder /usr/local/bin/clairon /usr/local/bin/
USER 10001:10001
# The SQLite database is opened in the working directory.
WORKDIR /data
VOLUME /data
EXPOSE 6001
# It reads the variables that the server reads, and gives up by itself after 3 s.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["clairon", "health"]
ENTRYPOINT ["clairon"]
CMD ["serve"]
