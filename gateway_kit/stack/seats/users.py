"""System users, one for each seat, where root serves the workshop from an installation that others can read."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.workshop.errors import WorkshopError

# What a seat's programs need to read; an installation below a closed folder, such as /root, fails here.
_TRIED = "import gateway_kit.cli, jupyterhub.singleuser, jupyterlab"


@dataclass(frozen=True)
class SeatUser:
    """A system user that a seat's programs run as."""

    name: str
    uid: int
    gid: int


def why_shared(*, uid: int | None = None) -> str:
    """Why seats cannot be system users of their own here, with what to do; empty if they can."""
    if (os.geteuid() if uid is None else uid) != 0:
        return (
            "All seats run as your own user, since only root can give each a user of its own: whoever sits at one can "
            "read the others' files. To separate them, serve as root from a clone under /opt"
        )
    cause = _why_unreadable(pwd.getpwnam("nobody"))
    if not cause:
        return ""
    return (
        f"All seats run as root, since other users cannot read this installation ({cause}): whoever sits at one can "
        "read and change everything on this machine. To separate them, set up a clone under /opt with the system's "
        "Python (rm -rf .venv; make workshop PYTHON=/usr/bin/python3), and serve from it"
    )


def _why_unreadable(other: pwd.struct_passwd) -> str:
    """What keeps another user from running this installation; empty if nothing does."""
    try:
        tried = subprocess.run(
            [sys.executable, "-Pc", _TRIED],
            user=other.pw_uid, group=other.pw_gid, extra_groups=[], cwd="/",
            env=minimal_env(HOME="/nonexistent", PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except PermissionError as exc:
        # Its Python lies below a closed folder, as one that root has built for itself does.
        return f"{Path(sys.executable).resolve()}: {exc.strerror}"
    if tried.returncode == 0:
        return ""
    return (tried.stderr.strip().splitlines() or ["it ended at once"])[-1]


def user_name(seat: str, folder: Path) -> str:
    """A seat's system user; the name is this workshop's alone, since its users' processes are ended with it."""
    return f"gk-{digest(str(folder))[:6]}-{seat}"


def ensure_users(seats: Sequence[str], folder: Path) -> None:
    """Make the system user of each seat, if there is none. `folder` has a folder for each seat, its user's home."""
    for seat in seats:
        name = user_name(seat, folder)
        try:
            pwd.getpwnam(name)
        except KeyError:
            _add_user(name, folder / seat)


def seat_user(seat: str, folder: Path) -> SeatUser:
    """The system user of a seat. Raises WorkshopError if there is none."""
    name = user_name(seat, folder)
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise WorkshopError(
            f"The system user {name} is gone. Make it again: gateway-kit workshop serve"
        ) from None
    return SeatUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _add_user(name: str, home: Path) -> None:
    words = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(home)]
    done = subprocess.run([*words, "--shell", "/bin/sh", name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WorkshopError(
            f"The system user {name} cannot be made: {done.stderr.strip()}. Serve without: "
            "gateway-kit workshop serve --shared-user"
        )
