"""The layer of the image: the `Dockerfile` adds it to a base with glibc and certificates."""

from files import File, gz, tar_gz

# The user of the image, by number: Kubernetes then sees that it is not root.
USER = 10001


def build(program, platform, time):
    """The archive's name and content."""
    files = {
        "usr/bin/clairon": program.binary,
        "usr/share/doc/clairon/LICENSES.gz": File(gz(program.licenses.encode())),
        # Where the SQLite database is.
        "data": File(None, 0o750, USER),
    }
    return f"clairon-image-{platform.debian}.tar.gz", tar_gz(files, time)
