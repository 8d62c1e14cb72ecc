"""Reading back what the kit keeps in its state folder, where anything may have happened to it."""

from __future__ import annotations

import os
import pwd
import shlex
from pathlib import Path

from gateway_kit.errors import StateFolderError


class KeptFileDamagedError(StateFolderError):
    """A kept file is no text, or a folder."""


def read_kept(path: Path, mend: str) -> str | None:
    """The text of a kept file; None where there is none.

    Raises KeptFileDamagedError, ending in `mend`, where it is a folder or no text; StateFolderError, with the command
    that gives it back, where this user may not read it.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except PermissionError as exc:
        raise StateFolderError(f"{path} cannot be read: {exc.strerror}. {to_own(path)}") from exc
    except OSError as exc:
        kind = KeptFileDamagedError if path.is_dir() else StateFolderError
        raise kind(f"{path} cannot be read: {exc.strerror}. {mend}") from exc
    except UnicodeDecodeError as exc:
        raise KeptFileDamagedError(f"{path} is damaged: it is no text. {mend}") from exc


def to_own(path: Path) -> str:
    """What gives a file or folder back to this user, as a sentence."""
    existing = next((p for p in (path, *path.parents) if p.exists()), path)
    command = f"sudo chown -R {user_name(os.geteuid())} {shlex.quote(str(existing))}"
    try:
        owner = existing.stat().st_uid
    except OSError:
        return f"Look at its rights: ls -ld {shlex.quote(str(path))}"
    if owner == os.geteuid():
        return f"Give yourself the right: chmod -R u+rwX {shlex.quote(str(existing))}"
    return f"It belongs to {user_name(owner)}. Have the stack stopped by that user, then run: {command}"


def user_name(uid: int) -> str:
    """A user's name; the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
