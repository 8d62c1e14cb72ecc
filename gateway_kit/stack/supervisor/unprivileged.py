"""PostgreSQL refuses to run as root: how to start it if the kit runs as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Unprivileged:
    """A way to run a program that is not root: words before its argv, or a user id to switch to."""

    argv_prefix: tuple[str, ...] = ()
    user: int | None = None


@cache
def unprivileged() -> Unprivileged:
    """How to run a program without root's rights; nothing to do unless this process is root.

    A user namespace comes first: in it the program has the id of `nobody` while its files stay root's own, so
    no file changes hands. Containers often forbid namespaces; there the process becomes `nobody` itself.
    """
    if os.geteuid() != 0:
        return Unprivileged()
    nobody = pwd.getpwnam("nobody")
    unshare = shutil.which("unshare")
    if unshare is not None:
        prefix = (unshare, "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if tried.returncode == 0:
            return Unprivileged(argv_prefix=prefix)
    return Unprivileged(user=nobody.pw_uid)


def hand_over(folder: Path, way: Unprivileged) -> None:
    """Make `folder` usable for the program: its owner becomes the program's, its parents can be passed.

    Passing needs the search bit only (`o+x`): nobody can list or read what lies in them. Undoes an earlier
    hand-over if the namespace is used now.
    """
    if os.geteuid() != 0:
        return
    owner = 0 if way.user is None else way.user
    if folder.stat().st_uid != owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
    if way.user is not None:
        make_passable(folder.parent)


def make_passable(folder: Path) -> None:
    """Add the search bit for others to `folder` and its parents if it is missing."""
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
