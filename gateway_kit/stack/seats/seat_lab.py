"""Become the seat's JupyterLab; a program that the hub runs as the seat's user, with the hub's variables.

    python -Pm gateway_kit.stack.seats.seat_lab

It is recorded as the JupyterLab of the seat's stack, so that `gateway-kit down` ends it too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gateway_kit.stack.lab import lab_flags, record_lab
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import process


def run_seat_lab() -> None:
    """Replace this process by the hub's single-user server with the lessons' settings."""
    stack = Stack()
    earlier = stack.record().services.get("lab")
    if earlier is not None:  # one that the hub has lost sight of would hold the port
        process.stop(earlier.process)
    record_lab(stack, os.environ["JUPYTERHUB_SERVICE_URL"])
    argv = [
        sys.executable, "-Pm", "gateway_kit.common.jupyter_program", "jupyterhub.singleuser",
        *lab_flags(stack.settings(), Path.cwd()),
        # Kernels talk over ports of 127.0.0.1, where other seats could listen to what their cells print.
        "--KernelManager.transport_encryption=required",
    ]  # fmt: skip
    os.execv(argv[0], argv)


if __name__ == "__main__":
    run_seat_lab()
