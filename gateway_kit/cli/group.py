"""How the command line ends if something is wrong: one sentence and an exit code, no traceback."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from gateway_kit.common.private_files import how_to_own
from gateway_kit.errors import KitError
from gateway_kit.settings import load_settings

# The extras that commands need; the others need `stack`.
_EXTRAS = {
    "load": "load",
    "rehearse": "stack,load",
    "lab": "stack,lab",
    "lessons": "stack,lab",
    "notebooks": "stack,lab",
}


class SentenceGroup(click.Group):
    """Shows the kit's errors, the file system's and missing packages as a sentence; anything else is a bug."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KitError as exc:
            _end(str(exc), exc.command_exit_code)
        except ModuleNotFoundError as exc:
            if exc.name is None or exc.name.startswith("gateway_kit"):
                raise
            extra = _EXTRAS.get(ctx.invoked_subcommand or "", "stack")
            _end(
                f"gateway-kit {ctx.invoked_subcommand} needs the package {exc.name}, which is not installed. "
                f"Run: pip install 'gateway-kit[{extra}]'"
            )
        except UnicodeEncodeError as exc:
            if exc.reason != "surrogates not allowed":
                raise
            _end(f"{exc.object[:80]!a} is not text: a name or a variable holds bytes that are not UTF-8")
        except OSError as exc:
            if sentence := file_error(exc):
                _end(sentence)
            raise


def file_error(exc: OSError) -> str:
    """What the file system refused, as a sentence; empty if the error is not about a file."""
    if exc.filename is not None:
        path = os.fsdecode(exc.filename)
        home = load_settings().home
        if isinstance(exc, PermissionError) and Path(path).is_relative_to(home):
            return f"{path} cannot be used: {exc.strerror}. {how_to_own(home)}"
        advice = "Check its permissions and owner (ls -ld) and the space on its disk (df -h), or choose another path"
        return f"{path} cannot be used: {exc.strerror}. {advice}"
    try:
        Path.cwd()
    except FileNotFoundError:
        return "The current folder no longer exists. Go to one that exists: cd"
    return ""


def check_folder(option: str, path: Path) -> None:
    """Create a folder for files; raises click's error if a file has its name."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as exc:
        raise click.ClickException(
            f"{option} {path} is a file, but a folder is needed. Choose another"
        ) from exc


def _end(sentence: str, code: int = 1) -> None:
    # Bytes that are not text must not break the sentence about them.
    shown = sentence.encode("utf-8", "backslashreplace").decode()
    click.echo(f"gateway-kit: {shown}", err=True)
    sys.exit(code)
