"""The tarball: the program in one folder, to be unpacked anywhere."""

import program as clairon
from files import File, below, tar_gz, text
from sources import ROOT


def build(program, platform, version, time):
    """The archive's name and content."""
    name = f"clairon-{version}-{platform.tarball}"
    files = {
        "clairon": program.binary,
        "clairon.toml": clairon.settings(),
        "LICENSE": File((ROOT / "LICENSE").read_bytes()),
        "LICENSES": text(program.licenses),
        "CHANGELOG.md": File((ROOT / "CHANGELOG.md").read_bytes()),
        **below("completions", program.completions),
        **below("man", program.man),
    }
    return f"{name}.tar.gz", tar_gz(below(name, files), time)
