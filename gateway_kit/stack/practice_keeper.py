"""End a stack that belongs to a program, once that program has ended or asks for it, and remove its folder.

    python -P -m gateway_kit.stack.practice_keeper FOLDER --end-with PID

Waits for the end of the process PID, however that comes about, or for SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
from dataclasses import replace
from pathlib import Path

_GRACE_S = 1.0


def main() -> None:
    """See the top of this file."""
    parser = argparse.ArgumentParser(prog="practice_keeper", description="ends a program's own stack")
    parser.add_argument("folder", type=Path, help="the state folder, removed at the end")
    parser.add_argument("--end-with", type=int, required=True, metavar="PID")
    options = parser.parse_args()
    told, tell = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(tell, b"."))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        select.select([told, os.pidfd_open(options.end_with)], [], [])
    except ProcessLookupError:
        pass  # it has ended already
    _end(options.folder)


def _end(folder: Path) -> None:
    """End what runs in the folder, and remove it. Nothing that a service would still write is kept."""
    # Not before: a process that only waits should be small.
    from gateway_kit.common.environment import minimal_env
    from gateway_kit.stack.stack import Stack

    stack = Stack({**minimal_env(), "GATEWAY_HOME": str(folder)})
    try:
        if folder.is_dir():
            record = stack.record()
            for name, entry in record.services.items():
                # PostgreSQL removes what it has of the system's memory even then.
                ending = signal.SIGQUIT if name == "postgres" else signal.SIGKILL
                quick = replace(entry.process, stop_signal=int(ending))
                record = record.with_service(name, replace(entry, process=quick))
            stack.end_services(record, lambda _: None, grace_s=_GRACE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
