"""The platforms that packages are built for."""

from dataclasses import dataclass

from sources import output_of

# The oldest glibc that a binary for Linux runs on: Debian 10, Ubuntu 18.10, RHEL 8.
GLIBC = "2.28"


@dataclass(frozen=True)
class Platform:
    """A platform, by all of its names."""

    rust: str
    tarball: str
    # The `os` and `cpu` of npm.
    npm: tuple[str, str]
    wheel: str
    # Of Debian's packages and of images; None where there are none.
    debian: str | None = None

    @property
    def is_linux(self):
        return self.npm[0] == "linux"


PLATFORMS = [
    Platform("x86_64-unknown-linux-gnu", "x86_64-linux", ("linux", "x64"), "manylinux_2_28_x86_64", "amd64"),
    Platform("aarch64-unknown-linux-gnu", "aarch64-linux", ("linux", "arm64"), "manylinux_2_28_aarch64", "arm64"),
    Platform("x86_64-apple-darwin", "x86_64-macos", ("darwin", "x64"), "macosx_11_0_x86_64"),
    Platform("aarch64-apple-darwin", "aarch64-macos", ("darwin", "arm64"), "macosx_11_0_arm64"),
]


def here():
    """The platform of this machine."""
    lines = output_of("rustc", "-vV").splitlines()
    host = next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))
    found = [platform for platform in PLATFORMS if platform.rust == host]
    if not found:
        raise SystemExit(f"no packages are built for {host}, only for {', '.join(each.rust for each in PLATFORMS)}")
    return found[0]
