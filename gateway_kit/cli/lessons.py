"""`gateway-kit notebooks` and `lab`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway_kit.cli.group import check_folder


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

    Exits with 1 if a lesson failed.
    """
    from gateway_kit.lessons.run_report import run_and_report
    from gateway_kit.stack.lab import notebooks_folder

    check_folder("--out", out)
    sys.exit(run_and_report(notebooks_folder(), names, out.absolute(), solutions=solutions, show=click.echo))


@click.command()
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
def lab(no_browser: bool) -> None:
    """Open JupyterLab at the first lesson. Ctrl-C ends it; the stack stays up."""
    from gateway_kit.stack.lab import run_lab
    from gateway_kit.stack.stack import Stack

    run_lab(Stack(), browser=not no_browser)
