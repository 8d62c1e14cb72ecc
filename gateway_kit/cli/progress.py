"""What commands that start and stop services share: their progress in lines, and how they are interrupted."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.stack.supervisor.launch import Progress


@contextmanager
def interruptible(next_command: str) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end a command in the same way: what was started is recorded."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"Interrupted. {next_command}", err=True)
        sys.exit(130)


def print_progress(step: Progress) -> None:
    """A line about a service on its way."""
    took = f" after {step.seconds:.1f} s" if step.seconds else ""
    click.echo(f"  {step.service:<11} {step.state}{took}")
