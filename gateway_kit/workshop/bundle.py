"""The archive that `make bundle` writes: where it is, what it is for, and its checksum, which attendees compare."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.workshop.errors import WorkshopError

PATTERN = "gateway-kit-*.tar"
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)\n")


@dataclass(frozen=True)
class Bundle:
    """An archive: the folder that it unpacks into, its size in bytes, and the machines that it was made for."""

    path: Path
    folder: str
    size: int
    made_for: str


def describe(path: Path) -> Bundle:
    """What an archive says of itself. Raises WorkshopError if it is no bundle, OSError if it cannot be read."""
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                folder, _, name = member.name.partition("/")
                file = archive.extractfile(member) if name == "bundle/manifest.json" else None
                if file is not None:
                    made = json.loads(file.read())
                    pythons = " or ".join(made["pythons"].split())
                    made_for = f"{made['platform']}, Python {pythons}, GNU C library {made['glibc']} or newer"
                    return Bundle(path, folder, path.stat().st_size, made_for)
                if not name.startswith("bundle/"):
                    break
    except (tarfile.TarError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise WorkshopError(f"{path} is no bundle, or only a part of one. Make one: make bundle")


def newest(folder: Path) -> Path:
    """The newest bundle in a folder. Raises WorkshopError, with the next command, if it has none."""
    found = sorted(folder.glob(PATTERN), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise WorkshopError(f"There is no bundle in {folder}. Make one: make bundle")
    return found[-1]


def checksum(path: Path) -> str:
    """The SHA-256 sum of a file, in hexadecimal digits. Raises OSError.

    It is kept beside the file, in `FILE.sha256` as `sha256sum -c` reads it, for as long as the file stays as it is.
    """
    kept = path.with_name(f"{path.name}.sha256")
    changed = path.stat().st_mtime_ns
    try:
        line = _LINE.fullmatch(kept.read_text())
        if line and line[2] == path.name and kept.stat().st_mtime_ns == changed:
            return line[1]
    except (OSError, UnicodeDecodeError):
        pass
    with path.open("rb") as file:
        computed = hashlib.file_digest(file, "sha256").hexdigest()
    _keep(kept, f"{computed}  {path.name}\n", changed)
    return computed


def _keep(kept: Path, line: str, changed: int) -> None:
    """Write the checksum with the file's own time, which says what it belongs to; a medium may be read-only."""
    temporary = kept.with_name(f".{kept.name}.{os.getpid()}")
    try:
        temporary.write_text(line)
        os.utime(temporary, ns=(changed, changed))
        temporary.replace(kept)
    except OSError:
        temporary.unlink(missing_ok=True)
