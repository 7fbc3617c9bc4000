# The image of Clairon: a base with glibc and certificates, and the program that `make dist` has built.
#
#     make dist
#     docker build --tag clairon --file Dockerfile dist
#
# Another base needs glibc 2.28 or later and /etc/ssl/certs.
ARG BASE=gcr.io/distroless/base-nossl-debian12
# BuildKit sets it.
ARG TARGETARCH
FROM ${BASE} AS base

# Of the base only glibc and the certificates: its tables of character sets and of time zones have 10 MB.
FROM scratch AS glibc-amd64
COPY --from=base /lib64/ /lib64/
FROM scratch AS glibc-arm64

# hadolint ignore=DL3006
FROM glibc-${TARGETARCH}
ARG TARGETARCH
COPY --from=base /lib/ /lib/
COPY --from=base /etc/ssl/ /etc/ssl/
# The archive has the program, and the folder /data of user 10001.
ADD clairon-image-${TARGETARCH}.tar.gz /
# By number: Kubernetes then sees that it is not root, and a bind mount can be given to it with `chown 10001`.
USER 10001:10001
# The SQLite database is opened in the working directory.
WORKDIR /data
VOLUME /data
EXPOSE 6001
# It reads the variables that the server reads, and gives up by itself after 3 s.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/bin/clairon", "health"]
ENTRYPOINT ["/usr/bin/clairon"]
CMD ["serve"]
