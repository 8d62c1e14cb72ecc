"""How far a rehearsal is, on a terminal as a bar, elsewhere as a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.rehearsal.run_folder import Progress

_LINE_EVERY_S = 5.0


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """Shows each `Progress` that the given function is called with."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rest]}")
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), transient=False) as bar:
        yield _Bars(bar)


class _Lines:
    """A line for each step, and every few seconds for calls."""

    def __init__(self) -> None:
        self._step = ("", "")
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        step = (progress.run, progress.step)
        if step == self._step and time.monotonic() < self._next_s:
            return
        self._step, self._next_s = step, time.monotonic() + _LINE_EVERY_S
        calls = f", {progress.made:,} of {progress.total:,} calls" if progress.total else ""
        click.echo(f"  {_title(progress)}{calls}{_rest(progress)}", err=True)


class _Bars:
    """A bar for each run; before its calls it says what is done."""

    def __init__(self, bar: object) -> None:
        from rich.progress import Progress as Bar

        assert isinstance(bar, Bar)  # noqa: S101  # the type alone, which needs the import here
        self._bar = bar
        self._tasks: dict[str, object] = {}

    def __call__(self, progress: Progress) -> None:
        if progress.run not in self._tasks:
            self._tasks[progress.run] = self._bar.add_task(_title(progress), total=None, rest="")
        task = self._tasks[progress.run]
        self._bar.update(
            task,  # type: ignore[arg-type]  # rich's TaskID, a number
            description=_title(progress),
            total=progress.total or None,
            completed=progress.made,
            rest=_rest(progress).lstrip(", "),
        )


def _title(progress: Progress) -> str:
    return f"{progress.run}: {progress.step}" if progress.run else progress.step


def _rest(progress: Progress) -> str:
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    left = f", {_length(progress.remaining_s)} left" if progress.remaining_s is not None else ""
    return failed + left


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
