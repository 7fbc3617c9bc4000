"""What every package holds: the binary and the files that it writes about itself."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import dependencies
import sources
from files import File, text
from platforms import GLIBC
from sources import ROOT

TOOLS = ROOT / "target/packaging/bin"


@dataclass(frozen=True)
class Program:
    """`man` and `completions` are files by their names; `licenses` and `bill` are texts."""

    binary: File
    man: dict
    completions: dict
    licenses: str
    bill: str


def build(platform):
    """The path of the binary for a platform."""
    environment = dict(os.environ)
    if commit := sources.commit():
        environment["CLAIRON_COMMIT"] = commit
    command, target = ("build", platform.rust)
    if platform.is_linux:
        # zig links against the symbols of that glibc, whatever this machine has.
        command, target = ("zigbuild", f"{platform.rust}.{GLIBC}")
        environment["PATH"] = f"{TOOLS}:{environment['PATH']}"
    subprocess.run(
        ["cargo", command, "--locked", "--package", "clairon", "--profile", "dist", "--target", target],
        cwd=ROOT, env=environment, check=True,
    )
    return ROOT / "target" / platform.rust / "dist/clairon"


def describe(platform, path, time):
    """The program of a built binary. The binary is run, so its platform has to be this machine's."""

    def said(*arguments):
        return subprocess.run([path, *arguments], check=True, stdout=subprocess.PIPE).stdout

    with tempfile.TemporaryDirectory() as folder:
        said("man", folder)
        man = {page.name: File(page.read_bytes()) for page in sorted(Path(folder).iterdir())}
    names = {"bash": "clairon.bash", "zsh": "_clairon", "fish": "clairon.fish"}
    completions = {name: File(said("completions", shell)) for shell, name in names.items()}
    licenses, bill = dependencies.describe(platform.rust, time)
    return Program(File(path.read_bytes(), 0o755), man, completions, licenses, bill)


def settings():
    return text((ROOT / "config/clairon.toml").read_text())
