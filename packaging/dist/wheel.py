"""The wheel for `pipx` and `uvx`: the binary as a script, so that nothing is built a second time."""

import base64
import hashlib
import io
import zipfile
from datetime import datetime, timezone

from files import text

METADATA = """\
Metadata-Version: 2.4
Name: clairon
Version: {version}
Summary: A broadcasting server that speaks the Pusher Channels protocol
License-Expression: MIT
License-File: LICENSES
Requires-Python: >=3.8
Description-Content-Type: text/markdown

Clairon is a broadcasting server for browsers with pusher-js or Laravel Echo, and for backends with a Pusher library.
This package holds its binary: `uvx clairon serve --env-file .env`, or `pipx install clairon`.
"""
WHEEL = """\
Wheel-Version: 1.0
Generator: clairon
Root-Is-Purelib: false
Tag: py3-none-{tag}
"""


def build(program, platform, version, time):
    """The wheel's name and content."""
    info = f"clairon-{version}.dist-info"
    files = {
        f"clairon-{version}.data/scripts/clairon": program.binary,
        f"{info}/METADATA": text(METADATA.format(version=version)),
        f"{info}/WHEEL": text(WHEEL.format(tag=platform.wheel)),
        f"{info}/licenses/LICENSES": text(program.licenses),
    }
    rows = []
    for path, file in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(file.content)}\n")
    files[f"{info}/RECORD"] = text("".join(rows) + f"{info}/RECORD,,\n")
    moment = datetime.fromtimestamp(time, timezone.utc).timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in files.items():
            entry = zipfile.ZipInfo(path, moment)
            entry.external_attr = (0o100000 | file.mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content)
    return f"clairon-{version}-py3-none-{platform.wheel}.whl", packed.getvalue()
