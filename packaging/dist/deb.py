"""The package for Debian and Ubuntu, made with dpkg-deb: the program, its units, and its settings as a conffile."""

import hashlib
import re
import subprocess
import tempfile
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

import program as clairon
from files import File, gz, text, write
from platforms import GLIBC
from sources import ROOT

SOURCES = ROOT / "packaging/deb"
MAINTAINER = "The Clairon authors <clairon@users.noreply.github.com>"
CONFIG = "etc/clairon/clairon.toml"
CONTROL = """\
Package: clairon
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: adduser, libc6 (>= {glibc})
Recommends: ca-certificates
Section: net
Priority: optional
Description: broadcasting server for the Pusher Channels protocol
 Clairon sends the events of a web application to its pages. Browsers connect
 with pusher-js or Laravel Echo, backends use a Pusher server library. It takes
 the place of Laravel WebSockets, Laravel Reverb, soketi or hosted Pusher.
 .
 Its apps are in SQLite, Postgres, MySQL or MariaDB. Several servers work
 together through Redis or Valkey.
"""
CHANGELOG = """\
clairon ({version}) unstable; urgency=medium

  * Release {version}. The changes are in CHANGELOG.md.gz.

 -- {maintainer}  {date}
"""


def copyright():
    """The file of Debian with the terms of our own licence, indented as its format asks."""
    terms = (ROOT / "LICENSE").read_text().partition("Permission is")
    lines = "".join(terms[1:]).strip().splitlines()
    return (SOURCES / "copyright").read_text() + "".join(f" {line or '.'}\n" for line in lines)


def settings():
    """All settings as comments, except that the database is in the folder of the service. An upgrade keeps a changed
    file, so it must not hold on to defaults or to settings that a later version does not have."""
    given, own = 'url = "sqlite://clairon.db"', 'url = "sqlite:///var/lib/clairon/clairon.db"'
    defaults = (ROOT / "config/clairon.toml").read_text()
    if defaults.count(given) != 1:
        raise SystemExit(f"config/clairon.toml has no line {given}")
    return text(re.sub(r"(?m)^(?=[a-z_]+ = )", "#", defaults).replace(f"#{given}", own))


def contents(program, version, time):
    doc, share = "usr/share/doc/clairon", "usr/share"
    date = format_datetime(datetime.fromtimestamp(time, timezone.utc))
    changelog = CHANGELOG.format(version=version, maintainer=MAINTAINER, date=date)
    units = {f"lib/systemd/system/{path.name}": File(path.read_bytes()) for path in sorted(SOURCES.glob("clairon.*"))}
    return {
        "usr/bin/clairon": program.binary,
        CONFIG: settings(),
        **units,
        **{f"{share}/man/man1/{name}.gz": File(gz(page.content)) for name, page in program.man.items()},
        f"{share}/bash-completion/completions/clairon": program.completions["clairon.bash"],
        f"{share}/zsh/vendor-completions/_clairon": program.completions["_clairon"],
        f"{share}/fish/vendor_completions.d/clairon.fish": program.completions["clairon.fish"],
        f"{doc}/copyright": text(copyright()),
        f"{doc}/LICENSES.gz": File(gz(program.licenses.encode())),
        f"{doc}/changelog.gz": File(gz(changelog.encode())),
        f"{doc}/CHANGELOG.md.gz": File(gz((ROOT / "CHANGELOG.md").read_bytes())),
    }


def control(files, version, architecture):
    size = sum(len(file.content) for file in files.values()) // 1024 + 1
    sums = (f"{hashlib.md5(file.content).hexdigest()}  {path}\n" for path, file in sorted(files.items()) if path != CONFIG)
    fields = {"version": version, "architecture": architecture, "maintainer": MAINTAINER, "size": size, "glibc": GLIBC}
    scripts = {name: File((SOURCES / name).read_bytes(), 0o755) for name in ("postinst", "prerm", "postrm")}
    return scripts | {
        "control": text(CONTROL.format(**fields)),
        "conffiles": text(f"/{CONFIG}\n"),
        "md5sums": text("".join(sums)),
    }


def build(program, platform, version, time):
    """The package's name and content."""
    files = contents(program, version, time)
    name = f"clairon_{version}_{platform.debian}.deb"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        write(files, root)
        write({f"DEBIAN/{path}": file for path, file in control(files, version, platform.debian).items()}, root)
        for each in [root, *root.rglob("*")]:
            if each.is_dir():
                each.chmod(0o755)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, Path(folder, name)],
            check=True, stdout=subprocess.DEVNULL, env={"SOURCE_DATE_EPOCH": str(time), "PATH": "/usr/bin:/bin"},
        )
        return name, Path(folder, name).read_bytes()
