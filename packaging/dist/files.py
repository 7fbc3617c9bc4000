"""The content of a package: files by their paths, and archives of them that are the same at each build."""

import gzip
import io
import tarfile
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file of a package, or an empty folder if it has no content. `owner` is the number of its user and its group."""

    content: bytes | None
    mode: int = 0o644
    owner: int = 0


def text(content, mode=0o644):
    return File(content.encode(), mode)


def below(folder, files):
    return {f"{folder}/{path}": file for path, file in files.items()}


def tar_gz(files, time):
    """A compressed tar archive. Parents of files are folders with mode 755."""
    folders = {path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)}
    entries = {folder: File(None, 0o755) for folder in folders} | files
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path, file in sorted(entries.items()):
                entry = tarfile.TarInfo(path)
                entry.mode, entry.uid, entry.gid, entry.mtime = file.mode, file.owner, file.owner, time
                entry.type = tarfile.DIRTYPE if file.content is None else tarfile.REGTYPE
                entry.size = len(file.content or b"")
                archive.addfile(entry, io.BytesIO(file.content or b""))
    return packed.getvalue()


def gz(content):
    return gzip.compress(content, mtime=0)


def write(files, root):
    """Writes them below a folder."""
    for path, file in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.content is None:
            target.mkdir()
        else:
            target.write_bytes(file.content)
        target.chmod(file.mode)
