"""Run a program where there is no network but loopback: a network namespace of its own.

    python3 tools/offline.py make lab

Needs Linux, and root or a system that lets ordinary users make namespaces. Its loopback has all ports free, so a stack
in it is in no other stack's way; and only programs in it reach that stack.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run by any Python, with the kit or without

from gateway_kit.stack.rehearsing.namespaces import enter_network


def main() -> int:
    """Become the program; exit with 2 and the reason if this system allows no namespace."""
    if len(sys.argv) < 2:
        print("Name the program to run: python3 tools/offline.py make lab", file=sys.stderr)
        return 2
    try:
        enter_network()
    except OSError as exc:
        print(
            f"This system allows no network namespace ({exc.strerror}). Try it as root: sudo", file=sys.stderr
        )
        return 2
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as exc:
        print(f"{sys.argv[1]} cannot be run: {exc.strerror}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main())
