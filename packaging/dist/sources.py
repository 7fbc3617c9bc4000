"""The sources: where they are, their version, their commit and its time."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def version():
    """The version of the workspace, from Cargo.toml."""
    return output_of("cargo", "pkgid", "--package", "clairon").rpartition("#")[2].rpartition("@")[2]


def has_git():
    return (ROOT / ".git").exists()


def commit():
    """What `clairon --version` says of the commit; None without git, and then the build finds it out."""
    if not has_git():
        return None
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no")
    return output_of("git", "log", "-1", "--abbrev=12", "--format=%h of %cs") + (", changed" if changed else "")


def time():
    """The time of the commit in seconds since 1970: that of every file in a package, so that builds can be compared."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    if has_git():
        return int(output_of("git", "log", "-1", "--format=%ct"))
    # In an archive of git it is the commit's.
    return int((ROOT / "Cargo.toml").stat().st_mtime)
