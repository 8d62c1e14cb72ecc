"""Files in the state folder: written for their owner alone, read back whatever has happened to them."""

from __future__ import annotations

import os
import pwd
import shlex
import threading
from pathlib import Path

from gateway_kit.errors import StateFolderError


class FileDamagedError(StateFolderError):
    """A file of the state folder is not text, or is a folder."""


def write_private(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Replace a file in one step: a reader sees the old content or the new one, never half of one.

    Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode)
        with open(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_private(path: Path, advice: str) -> str | None:
    """The text of a file in the state folder; None if there is none.

    Raises FileDamagedError, ending in `advice`, for a folder or a file that is not text; StateFolderError, with the
    command that helps, if this user may not read it.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except PermissionError as exc:
        raise StateFolderError(f"{path} cannot be read: {exc.strerror}. {how_to_own(path.parent)}") from exc
    except OSError as exc:
        kind = FileDamagedError if path.is_dir() else StateFolderError
        raise kind(f"{path} cannot be read: {exc.strerror}. {advice}") from exc
    except UnicodeDecodeError as exc:
        raise FileDamagedError(f"{path} is damaged: it is not text. {advice}") from exc


def how_to_own(folder: Path) -> str:
    """A sentence with the command that makes the state folder this user's; never a folder above it."""
    shown, me = shlex.quote(str(folder)), user_name(os.geteuid())
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        return f"Create it: sudo mkdir -p {shown} && sudo chown {me} {shown}"
    except OSError:
        return f"Check the permissions of the folders above it: ls -ld {shown}"
    if owner == os.geteuid():
        return f"Give yourself permission: chmod -R u+rwX {shown}"
    return (
        f"{folder} belongs to {user_name(owner)}. Ask that user to stop the stack, then run: "
        f"sudo chown -R {me} {shown}"
    )


def user_name(uid: int) -> str:
    """A user's name, or the number if the system knows no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
