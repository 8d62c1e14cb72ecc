"""A log as a file that another process can read, several times."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway_kit.rehearsal.errors import RehearsalError

RUNNING = "running"
STANDARD_INPUT = "-"


@contextlib.contextmanager
def at_hand(log: str | os.PathLike[str]) -> Iterator[Path]:
    """The absolute path of a log.

    `running`, where no file has that name, is the traffic of the gateway that `connect()` finds (`write_running`), and
    `-` is standard input. They and pipes (`<(zcat …)`) are kept in a temporary file as long as the context lasts.

    Raises:
        RehearsalError: the traffic that runs cannot be read, or not be kept.
    """
    path = Path(log).expanduser().absolute()
    runs, standard = (os.fspath(log) == name and not path.exists() for name in (RUNNING, STANDARD_INPUT))
    if not runs and not standard and (path.is_file() or path.is_dir() or not path.exists()):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gateway-kit-traffic-") as folder:
        name = RUNNING if runs else "standard input" if standard else path.name
        kept = Path(folder) / name
        if runs:
            from gateway_kit.rehearsal.traffic.running import write_running  # here, as it needs all clients

            write_running(kept)
        else:
            _keep(None if standard else path, kept)
        yield kept


def _keep(pipe: Path | None, kept: Path) -> None:
    try:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if pipe is None:
                shutil.copyfileobj(sys.stdin.buffer, file)
            else:
                with open(pipe, "rb") as given:
                    shutil.copyfileobj(given, file)
    except OSError as error:
        raise RehearsalError(
            f"What {pipe or 'standard input'} gives could not be kept in {tempfile.gettempdir()}: "
            f"{error.strerror or error}. Set TMPDIR to a folder with room."
        ) from error
