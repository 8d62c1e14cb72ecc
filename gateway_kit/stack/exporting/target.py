"""Where an export is written: an empty folder, files that everybody may read, and no secret in any of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.common.private_files import how_to_own, write_private
from gateway_kit.errors import StackError
from gateway_kit.stack.exporting.leak_check import known_secrets, refuse_secrets
from gateway_kit.stack.stack import Stack

_NAMED = 3  # how many of the files in the way a refusal names


def write_target(folder: Path, files: Mapping[str, str], stack: Stack, *, force: bool = False) -> list[Path]:
    """Write the files, by their names below the folder, which is made if it is missing; their paths.

    With `force` the folder need not be empty: files of the same names are replaced, others stay. Nothing is written
    if a file would hold a secret that the stack or the environment knows. Raises StackError.
    """
    refuse_secrets(files, known_secrets(stack))
    check_target(folder, files, force=force)
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            write_private(path, text, mode=0o755 if path.suffix == ".sh" else 0o644)
            written.append(path)
    except OSError as exc:
        if not force:  # the folder was empty, and is again
            for path in written:
                path.unlink(missing_ok=True)
        raise StackError(
            f"{exc.filename or folder} cannot be written: {exc.strerror}. Check the folder's permissions (ls -ld) and "
            "the space on its disk (df -h), or name another folder"
        ) from exc
    return written


def check_target(folder: Path, files: Mapping[str, str], *, force: bool = False) -> None:
    """Raise StackError for a folder that cannot take the files; writes nothing."""
    if folder.exists() and not folder.is_dir():
        raise StackError(f"{folder} is a file, but a folder is needed. Name another")
    if not folder.exists():
        around = next(parent for parent in folder.absolute().parents if parent.exists())
        _check_writable(around)
        return
    _check_writable(folder)
    lying = sorted(path.name for path in folder.iterdir())
    if lying and not force:
        more = f" and {len(lying) - _NAMED} more" if len(lying) > _NAMED else ""
        raise StackError(
            f"{folder} is not empty: it has {', '.join(lying[:_NAMED])}{more}. Name an empty folder, or add --force, "
            "which replaces files of the same names and leaves all others"
        )
    for name in files:
        if (folder / name).is_dir():
            raise StackError(
                f"{folder / name} is a folder, but the export writes a file of that name. Name another"
            )


def _check_writable(folder: Path) -> None:
    if not folder.is_dir():
        raise StackError(f"{folder} is a file, but a folder is needed. Name another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StackError(f"{folder} cannot be written by this user. {how_to_own(folder)}")
