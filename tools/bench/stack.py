"""A stack of the bench's own, by the command line, in a folder and on ports of its own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.stack.supervisor.ports import free_offset

BIN = Path(sys.executable).parent


class BenchStack:
    """`gateway-kit` with a GATEWAY_HOME of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.offset = free_offset()
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


class RunningStack(BenchStack):
    """The stack that runs in a folder already; its ports are what they are."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.env["GATEWAY_HOME"] = str(home.absolute())


def on_own_stack(measure_on: Callable[[BenchStack], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    """A measurement of a running stack as one that boots a stack in a scratch folder."""

    def measure(scratch: Path) -> dict[str, Any]:
        with bench_stack(scratch) as stack:
            stack.up()
            return measure_on(stack)

    return measure


def measure_by_itself(description: str | None, measure_on: Callable[[BenchStack], dict[str, Any]]) -> None:
    """A part of the bench from the command line: measure and print, on a stack of its own or the running one."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--running", action="store_true", help="the stack of GATEWAY_HOME, which must be up")
    if parser.parse_args().running:
        result = measure_on(RunningStack(Path(os.environ["GATEWAY_HOME"])))
    else:
        with tempfile.TemporaryDirectory(prefix="gateway-kit-bench-") as scratch:
            result = on_own_stack(measure_on)(Path(scratch))
    print(json.dumps(result, indent=1))


def cpu_s(root: psutil.Process) -> float:
    """CPU seconds so far of a process and its children (workers, query engines)."""
    return sum(sum(p.cpu_times()[:2]) for p in (root, *root.children(recursive=True)))
