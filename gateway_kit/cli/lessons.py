"""`gateway-kit lab`, `lessons` and `notebooks`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway_kit.cli.group import check_folder

if TYPE_CHECKING:
    from gateway_kit.lessons.copies import LessonCopy


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/lessons"),
    show_default=True,
    help="Folder for the executed lessons.",
)
@click.option("--solutions", is_flag=True, help="Insert the exercises' solutions; every grader must pass.")
def notebooks(names: tuple[str, ...], out: Path, solutions: bool) -> None:
    """Execute lessons (all, or NAMES such as 01 or 01_routing) against the running stack.

    It takes the lessons as they came, not your copies. Exits with 1 if a lesson failed.
    """
    from gateway_kit.common.jupyter_program import import_jsonschema

    import_jsonschema()
    from gateway_kit.lessons.run_report import run_and_report
    from gateway_kit.stack.lab import notebooks_folder

    check_folder("--out", out)
    sys.exit(run_and_report(notebooks_folder(), names, out.absolute(), solutions=solutions, show=click.echo))


@click.command()
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
def lab(no_browser: bool) -> None:
    """Open JupyterLab at your copy of the first lesson. Ctrl-C ends it; the stack stays up."""
    from gateway_kit.lessons.copies import copy_missing
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import copies_folder, notebooks_folder, run_lab
    from gateway_kit.stack.stack import Stack
    from gateway_kit.stack.supervisor.preflight import check_home

    stack = Stack()
    check_home(stack.home)
    copies = copy_missing(find_lessons(notebooks_folder()), copies_folder())
    where = f"Your copies of the lessons are in {copies_folder()}; what you change there is kept."
    run_lab(stack, browser=not no_browser, notes=[where, *_news(copies)])


@click.group(invoke_without_command=True)
@click.pass_context
def lessons(context: click.Context) -> None:
    """List the lessons and the state of your copies, which `gateway-kit lab` makes and opens."""
    if context.invoked_subcommand is None:
        from gateway_kit.lessons.copies import look_at
        from gateway_kit.lessons.lesson_files import find_lessons
        from gateway_kit.stack.lab import copies_folder, notebooks_folder

        _show([look_at(lesson, copies_folder()) for lesson in find_lessons(notebooks_folder())])


@lessons.command("copy")
def copy_lessons() -> None:
    """Make a copy of each lesson that has none yet, without JupyterLab, and list all."""
    from gateway_kit.lessons.copies import copy_missing
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import copies_folder, notebooks_folder

    _show(copy_missing(find_lessons(notebooks_folder()), copies_folder()))


@lessons.command("reset")
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All lessons.")
def reset_lessons(names: tuple[str, ...], every: bool) -> None:
    """Replace your copies of lessons (NAMES such as 01 or 01_routing) by fresh ones.

    The old copy stays beside the fresh one, under a dated name.
    """
    from gateway_kit.lessons.copies import reset
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import copies_folder, notebooks_folder

    if bool(names) == every:
        raise click.UsageError("Name the lessons to reset, such as 01, or give --all.")
    for lesson in find_lessons(notebooks_folder(), names):
        kept = reset(lesson, copies_folder())
        before = f"; what you had is now {kept.name}" if kept else ""
        click.echo(f"{copies_folder().name}/{lesson.name} is as it came{before}")
    click.echo("If one is open in JupyterLab: File > Reload Notebook from Disk.")


def _show(copies: list[LessonCopy]) -> None:
    for copy in copies:
        newer = "; the original is newer" if copy.newer else ""
        click.echo(f"{copy.original.stem:<24} {copy.minutes:>3} minutes  {copy.state}{newer}")
    click.echo(f"Your copies are in {copies[0].copy.parent}. To open them: gateway-kit lab")
    for line in _news(copies):
        click.echo(line)


def _news(copies: list[LessonCopy]) -> list[str]:
    """A line for what is newer than the reader's copy, and one for each that is no copy."""
    from gateway_kit.lessons.copies import USUAL_STATES

    newer = [copy.original.stem for copy in copies if copy.newer]
    broken = [copy for copy in copies if copy.state not in USUAL_STATES]
    names = "--all" if len(newer) == len(copies) else " ".join(newer)
    lines = [
        f"Newer than your copy: {', '.join(newer)}. For a fresh copy, with yours kept beside it: "
        f"gateway-kit lessons reset {names}"
    ]
    return lines[: bool(newer)] + [
        f"{copy.copy.parent.name}/{copy.copy.name} is {copy.state}. For a fresh copy, with what is there kept: "
        f"gateway-kit lessons reset {copy.original.stem}"
        for copy in broken
    ]
