"""What a seat's pod runs: its own stack first, then its JupyterLab in the place of this program.

    python -Pm gateway_kit.stack.seats.kubernetes.seat_pod
    python -Pm gateway_kit.stack.seats.kubernetes.seat_pod --end

The hub's variables and GATEWAY_JOIN_CODE are in the environment, and the seat's files in the home folder. With `--end`
it ends the stack before the pod ends, so that the database is written out; the pod ends with its JupyterLab.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gateway_kit.errors import KitError
from gateway_kit.stack.seats.kubernetes.hub_part import JOIN_CODE
from gateway_kit.stack.seats.seat_lab import run_seat_lab
from gateway_kit.stack.stack import Stack

_SEAT_UP = (sys.executable, "-Pm", "gateway_kit.stack.seats.seat_up", "0")


def run_pod() -> None:
    """Become the seat's JupyterLab once its stack is up. Raises KitError."""
    os.umask(0o077)
    os.chdir(Path.home())
    own_the_database(Stack().home)
    # A program of its own, which has ended before: what it starts is no child of JupyterLab, and ends apart from it.
    done = subprocess.run(_SEAT_UP, input=os.environ.pop(JOIN_CODE, ""), text=True, check=False)
    if done.returncode != 0:  # it has said why
        sys.exit(done.returncode)
    run_seat_lab()


def end_stack() -> None:
    """End the seat's stack, but not its JupyterLab. Raises KitError."""
    Stack().down(keep=("lab",))


def own_the_database(home: Path) -> None:
    """Close the database's folder to the group again: a cluster opens what is on a volume to it at each mount.

    PostgreSQL starts in no folder that others may write to.
    """
    for name in ("postgres", "postgres.making"):
        if (home / name).is_dir():
            (home / name).chmod(0o700)


if __name__ == "__main__":
    try:
        end_stack() if sys.argv[1:] == ["--end"] else run_pod()
    except KitError as exc:
        sys.exit(str(exc))
