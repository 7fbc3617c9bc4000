"""The Composer package of `packaging/laravel`, as an archive for a repository of the type `artifact`."""

import io
import json
import os
import zipfile
from datetime import datetime, timezone

from files import File, text
from platforms import PLATFORMS
from sources import ROOT

SOURCES = ROOT / "packaging/laravel"
# `PHP_OS_FAMILY` and `php_uname('m')` of platforms.
PHP = {"x86_64-linux": "Linux x86_64", "aarch64-linux": "Linux aarch64", "x86_64-macos": "Darwin x86_64",
       "aarch64-macos": "Darwin arm64"}


def downloads(version, checksums):
    """Where the program is for each platform, and its checksum. CLAIRON_DOWNLOADS is the address of the release."""
    names = {PHP[platform.tarball]: f"clairon-{version}-{platform.tarball}.tar.gz" for platform in PLATFORMS}
    base = os.environ.get("CLAIRON_DOWNLOADS", "")
    return {
        php: {"url": f"{base}/{name}" if base else name, "sha256": checksums[name]}
        for php, name in names.items() if name in checksums
    }


def build(version, checksums, time):
    """The archive's name and content. `checksums` are those of the tarballs, by their names."""
    composer = json.loads((SOURCES / "composer.json").read_text()) | {"version": version}
    files = {
        "composer.json": text(json.dumps(composer, indent=4) + "\n"),
        "release.json": text(json.dumps(downloads(version, checksums), indent=4) + "\n"),
        "LICENSE": File((ROOT / "LICENSE").read_bytes()),
    }
    for folder in ("config", "src", "stubs"):
        for path in sorted((SOURCES / folder).rglob("*.*")):
            files[str(path.relative_to(SOURCES))] = File(path.read_bytes())
    moment = datetime.fromtimestamp(time, timezone.utc).timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, file in files.items():
            entry = zipfile.ZipInfo(path, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content)
    return f"clairon-laravel-{version}.zip", packed.getvalue()
