"""How the command line ends where something is wrong: one sentence and an exit code, no traceback."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from gateway_kit.common.private_files import how_to_own
from gateway_kit.errors import KitError
from gateway_kit.settings import load_settings


class SentenceGroup(click.Group):
    """Shows the kit's errors, and the file system's, as a sentence; anything else is a bug and stays one."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KitError as exc:
            _end(str(exc), exc.command_exit_code)
        except UnicodeEncodeError as exc:
            if exc.reason != "surrogates not allowed":
                raise
            _end(f"{exc.object[:80]!a} is no text: a name or a variable holds bytes that are not UTF-8")
        except OSError as exc:
            if sentence := file_error(exc):
                _end(sentence)
            raise


def file_error(exc: OSError) -> str:
    """What the file system refused, as a sentence; empty for what has nothing to do with files."""
    if exc.filename is not None:
        path = os.fsdecode(exc.filename)
        home = load_settings().home
        if isinstance(exc, PermissionError) and Path(path).is_relative_to(home):
            return f"{path} cannot be used: {exc.strerror}. {how_to_own(home)}"
        advice = "Look at its rights and owner (ls -ld) and the space on its disk (df -h), or name another"
        return f"{path} cannot be used: {exc.strerror}. {advice}"
    try:
        Path.cwd()
    except FileNotFoundError:
        return "The current folder is gone. Go to one that exists: cd"
    return ""


def check_folder(option: str, path: Path) -> None:
    """Make a folder that files will be written to; raises click's error where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as exc:
        raise click.ClickException(f"{option} {path} is a file; a folder is needed. Name another") from exc


def _end(sentence: str, code: int = 1) -> None:
    # Bytes that are no text must not break the sentence about them.
    shown = sentence.encode("utf-8", "backslashreplace").decode()
    click.echo(f"gateway-kit: {shown}", err=True)
    sys.exit(code)
