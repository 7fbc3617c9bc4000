"""The packages for npm: `clairon` is a launcher, and a package of each platform has the binary."""

import json

from files import File, below, tar_gz, text
from platforms import PLATFORMS
from sources import ROOT

LAUNCHER = ROOT / "packaging/npm"
COMMON = {"license": "MIT", "description": "A broadcasting server that speaks the Pusher Channels protocol"}


def name_of(platform):
    return "-".join(("clairon", *platform.npm))


def pack(name, version, manifest, files, time):
    files = {"package.json": text(json.dumps({"name": name, "version": version} | COMMON | manifest, indent=2) + "\n")} | files
    return f"npm-{name}-{version}.tgz", tar_gz(below("package", files), time)


def build_launcher(version, time):
    """The package `clairon`: its name and content. npm installs the one package of a platform that fits the machine."""
    manifest = {
        "bin": {"clairon": "clairon.js"},
        "engines": {"node": ">=18"},
        "optionalDependencies": {name_of(platform): version for platform in PLATFORMS},
    }
    files = {
        "clairon.js": File((LAUNCHER / "clairon.js").read_bytes(), 0o755),
        "README.md": File((LAUNCHER / "README.md").read_bytes()),
        "LICENSE": File((ROOT / "LICENSE").read_bytes()),
    }
    return pack("clairon", version, manifest, files, time)


def build_platform(program, platform, version, time):
    """The package of a platform: its name and content."""
    os, cpu = platform.npm
    manifest = {"os": [os], "cpu": [cpu], "preferUnplugged": True}
    if platform.is_linux:
        manifest["libc"] = ["glibc"]
    files = {"clairon": program.binary, "LICENSES": text(program.licenses)}
    return pack(name_of(platform), version, manifest, files, time)
