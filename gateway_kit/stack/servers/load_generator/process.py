"""What the program is as a process: it ends with its parent, and has as many connections as the system allows."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from gateway_kit.stack.servers.load_generator.greenlets import sleep

PARENT_EVERY_S = 0.5
# All files in the folder, whether written by `gateway_kit.load` or by the program.
OWN_FILES = ("job.json", "replay.json", "keys.json", "calls*.jsonl", "load-generator.log")


def allow_connections() -> None:
    """Let the process have as many connections, which are files, as the system does."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def end_with(parent: int, folder: Path | None) -> None:
    """End at once when the parent process has ended, since nobody reads the results.

    Deletes the files, and the folder if nothing else is in it.
    """
    while os.getppid() == parent:
        sleep(PARENT_EVERY_S)
    try:
        if folder is not None:
            for pattern in OWN_FILES:
                for path in folder.glob(pattern):
                    path.unlink(missing_ok=True)
            folder.rmdir()
    except OSError:  # it is gone, or has other files
        pass
    finally:
        os._exit(1)
