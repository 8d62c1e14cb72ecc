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
        raise StateFolderError(f"{path} cannot be read: {exc.strerror}. {to_own(path.parent)}") from exc
    except OSError as exc:
        kind = KeptFileDamagedError if path.is_dir() else StateFolderError
        raise kind(f"{path} cannot be read: {exc.strerror}. {mend}") from exc
    except UnicodeDecodeError as exc:
        raise KeptFileDamagedError(f"{path} is damaged: it is no text. {mend}") from exc


def to_own(folder: Path) -> str:
    """What makes the state folder, or a folder in it, this user's, as a sentence. Never of a folder above it."""
    shown, me = shlex.quote(str(folder)), user_name(os.geteuid())
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        return f"Make it: sudo mkdir -p {shown} && sudo chown {me} {shown}"
    except OSError:
        return f"Look at the rights of the folders above it: ls -ld {shown}"
    if owner == os.geteuid():
        return f"Give yourself the right: chmod -R u+rwX {shown}"
    return (
        f"{folder} belongs to {user_name(owner)}. Have that user stop the stack, then run: "
        f"sudo chown -R {me} {shown}"
    )


def user_name(uid: int) -> str:
    """A user's name; the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
