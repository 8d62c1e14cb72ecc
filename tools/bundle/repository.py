"""The repository as committed: what goes into a bundle, and what does not."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tools.bundle.errors import BundleError


@dataclass(frozen=True)
class Repository:
    """The files of the current commit, with its time in seconds; `uncommitted` are the names that differ from it."""

    commit: str
    time: int
    uncommitted: tuple[str, ...]
    files: tuple[tuple[tarfile.TarInfo, bytes], ...]

    def text(self, name: str) -> str:
        """The text of a file. Raises KeyError."""
        return next(content.decode() for info, content in self.files if info.name == name)

    def named(self, ending: str) -> list[str]:
        """The names of the files that end so."""
        return [info.name for info, _ in self.files if info.name.endswith(ending)]


def read(root: Path) -> Repository:
    """The current commit of a working copy. Raises BundleError if it is none, or git is missing."""
    if not shutil.which("git"):
        raise BundleError(
            "git is missing, which lists the files of the archive. Install it, then type: make bundle"
        )
    commit, _, time = _git(root, "log", "-1", "--format=%H %ct").decode().strip().partition(" ")
    changed = _git(root, "status", "--porcelain", "-z").decode("utf-8", "surrogateescape").split("\0")
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", commit))) as archive:
        members = [member for member in archive if member.isreg() or member.issym()]
        files = tuple(
            (member, file.read() if member.isreg() and (file := archive.extractfile(member)) else b"")
            for member in members
        )
    return Repository(commit, int(time), tuple(line[3:] for line in changed if line), files)


def _git(root: Path, *words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[0].removeprefix("fatal: ") if said else f"git {words[0]} failed"
        raise BundleError(
            f"{root} cannot be packed: {reason}. A bundle is made in a clone of the repository; a bundle that you "
            "already have can be handed on as it is"
        )
    return done.stdout
