"""Builds the packages of this machine's platform from one binary, in dist/: `make dist`.

    python3 packaging/dist [--binary FILE | --finish]

With --binary nothing is compiled: FILE is a program for this platform. With --finish nothing is built: dist/ has the
packages of several platforms, and gets what covers all of them.
"""

import argparse
import hashlib
import shutil
from pathlib import Path

import deb
import image
import laravel
import npm
import platforms
import program
import sources
import tarball
import wheel

DIST = sources.ROOT / "dist"


def packages(platform, version, binary, time):
    """The name and content of each file for a platform."""
    clairon = program.describe(platform, binary, time)
    yield tarball.build(clairon, platform, version, time)
    yield f"clairon-{version}-{platform.tarball}.cdx.json", clairon.bill.encode()
    yield npm.build_launcher(version, time)
    yield npm.build_platform(clairon, platform, version, time)
    yield wheel.build(clairon, platform, version, time)
    if platform.debian:
        yield deb.build(clairon, platform, version, time)
        yield image.build(clairon, platform, time)


def checksums():
    """The SHA-256 of each file in dist/, by its name."""
    paths = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def save(name, content):
    (DIST / name).write_bytes(content)
    print(f"{len(content) / 1e6:6.1f} MB  {name}", flush=True)


def finish(version, time):
    """What covers all platforms: the Composer package, which names the tarballs, and the checksums."""
    save(*laravel.build(version, checksums(), time))
    (DIST / "SHA256SUMS").write_text("".join(f"{sha256}  {name}\n" for name, sha256 in checksums().items()))


def main():
    parser = argparse.ArgumentParser(prog="python3 packaging/dist", description="Builds the packages of this platform.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--binary", type=Path, help="a program that is built already")
    which.add_argument("--finish", action="store_true", help="build only what covers the platforms in dist/")
    options = parser.parse_args()
    version, time = sources.version(), sources.time()
    if not options.finish:
        platform = platforms.here()
        binary = options.binary.resolve() if options.binary else program.build(platform)
        if DIST.exists():
            shutil.rmtree(DIST)
        DIST.mkdir()
        for name, content in packages(platform, version, binary, time):
            save(name, content)
    finish(version, time)


if __name__ == "__main__":
    main()
