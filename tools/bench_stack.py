"""A stack of the bench's own, by the command line, in a folder and on ports of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.ports import free_offset

BIN = Path(sys.executable).parent


class BenchStack:
    """`gateway-kit` with a GATEWAY_HOME of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.offset = free_offset(tuple(BASE_PORTS.values()), start=11000)
        self.env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.env["GATEWAY_HOME"] = str(home)

    def run(self, *words: str) -> str:
        """The output of a command; raises CalledProcessError with it on the screen where it fails."""
        done = subprocess.run(
            [BIN / "gateway-kit", *words], env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        done.check_returncode()
        return done.stdout

    def up(self, *words: str) -> float:
        """Seconds that `up` took."""
        begin = time.monotonic()
        self.run("up", "--port-offset", str(self.offset), *words)
        return time.monotonic() - begin

    def status(self) -> list[dict[str, Any]]:
        """`status --json`."""
        rows: list[dict[str, Any]] = json.loads(self.run("status", "--json"))
        return rows

    def variables(self) -> dict[str, str]:
        """`env --json`."""
        values: dict[str, str] = json.loads(self.run("env", "--json"))
        return values


@contextmanager
def bench_stack(folder: Path) -> Iterator[BenchStack]:
    """A stack that is stopped at the end."""
    stack = BenchStack(folder / "home")
    try:
        yield stack
    finally:
        stack.run("down")
