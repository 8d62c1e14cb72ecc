"""The benchmark's own stack, run through the command line, with its own folder and ports."""

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

from gateway_kit.stack.replicas import is_gateway
from gateway_kit.stack.supervisor.ports import free_offset

BIN = Path(sys.executable).parent


class BenchStack:
    """Runs `gateway-kit` with a separate GATEWAY_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.offset = free_offset()
        self.env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.env["GATEWAY_HOME"] = str(home)

    def run(self, *words: str) -> str:
        """Run a command and return its output; if it fails, print the output and raise CalledProcessError."""
        done = subprocess.run(
            [BIN / "gateway-kit", *words], env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        done.check_returncode()
        return done.stdout

    def up(self, *words: str) -> float:
        """Run `up` and return the seconds it took."""
        begin = time.monotonic()
        self.run("up", "--port-offset", str(self.offset), *words)
        return time.monotonic() - begin

    def status(self) -> list[dict[str, Any]]:
        """The rows of `status --json`."""
        rows: list[dict[str, Any]] = json.loads(self.run("status", "--json"))
        return rows

    def replicas(self) -> int:
        """How many gateways run."""
        return sum(is_gateway(row["service"]) for row in self.status() if row["pid"])

    def variables(self) -> dict[str, str]:
        """The variables of `env --json`."""
        values: dict[str, str] = json.loads(self.run("env", "--json"))
        return values


@contextmanager
def bench_stack(folder: Path) -> Iterator[BenchStack]:
    """A stack that is stopped when the block ends."""
    stack = BenchStack(folder / "home")
    try:
        yield stack
    finally:
        stack.run("down")


class RunningStack(BenchStack):
    """The stack that already runs in a folder, on its existing ports."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.env["GATEWAY_HOME"] = str(home.absolute())


def on_own_stack(measure_on: Callable[[BenchStack], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    """Turn a measurement of a running stack into one that boots its own stack in a scratch folder."""

    def measure(scratch: Path) -> dict[str, Any]:
        with bench_stack(scratch) as stack:
            stack.up()
            return measure_on(stack)

    return measure


def run_standalone(description: str | None, measure_on: Callable[[BenchStack], dict[str, Any]]) -> None:
    """Run one benchmark from the command line, on its own stack or the running one, and print the result."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--running", action="store_true", help="use the stack of GATEWAY_HOME, which must be up"
    )
    if parser.parse_args().running:
        result = measure_on(RunningStack(Path(os.environ["GATEWAY_HOME"])))
    else:
        with tempfile.TemporaryDirectory(prefix="gateway-kit-bench-") as scratch:
            result = on_own_stack(measure_on)(Path(scratch))
    print(json.dumps(result, indent=1))


def cpu_s(root: psutil.Process) -> float:
    """CPU seconds used so far by a process and its children (workers, query engines)."""
    return sum(sum(p.cpu_times()[:2]) for p in (root, *root.children(recursive=True)))
