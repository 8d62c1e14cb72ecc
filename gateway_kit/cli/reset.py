"""`gateway-kit reset`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gateway_kit.cli.progress import interruptible, print_progress

if TYPE_CHECKING:
    from pathlib import Path

    from gateway_kit.stack.reset import ResetPlan

_KEPT = "It keeps the configuration, the logs and all credentials, which clients can go on using"


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--lessons", is_flag=True, help="Fresh copies of the lessons as well; the old ones stay beside them."
)
def reset(yes: bool, lessons: bool) -> None:
    """Delete the stack's data, as on the first day: keys, models, spend, cache, traces, prompts, faults, answers.

    Credentials, configuration, logs and your copies of the lessons stay. A stack that runs is started again.
    """
    from gateway_kit.stack.reset import reset as reset_stack
    from gateway_kit.stack.reset import reset_plan
    from gateway_kit.stack.stack import Stack

    stack = Stack()
    if not yes and not sys.stdin.isatty():
        click.echo(
            f"gateway-kit: reset deletes the data in {stack.home} and asks first, which needs a terminal. "
            "Without one: gateway-kit reset --yes",
            err=True,
        )
        sys.exit(2)
    plan = reset_plan(stack)
    click.echo(_said(plan, stack.home, lessons=lessons))
    if not yes and not click.confirm("Go on?"):
        click.echo("Nothing was deleted.")
        sys.exit(1)
    with interruptible("To finish: gateway-kit reset"):
        if lessons:
            _reset_lessons()
        reset_stack(stack, print_progress)
    click.echo("The stack is as on its first day." + ("" if plan.starts else " To start it: gateway-kit up"))


def _said(plan: ResetPlan, home: Path, *, lessons: bool) -> str:
    copies = "; the lessons get fresh copies, with the old ones kept beside them" if lessons else ""
    kept = _KEPT if lessons else f"{_KEPT}, and your copies of the lessons"
    return "\n".join(
        (
            f"This deletes, from the stack in {home}:" if plan.deleted else "There is nothing to delete.",
            *(f"  - {part}" for part in plan.deleted),
            f"{kept}{copies}.",
            *(f"Somebody else's, and left as it is: {part}." for part in plan.left),
        )
    )


def _reset_lessons() -> None:
    from gateway_kit.lessons.copies import reset as reset_copy
    from gateway_kit.lessons.lesson_files import find_lessons
    from gateway_kit.stack.lab import copies_folder, notebooks_folder

    for lesson in find_lessons(notebooks_folder()):
        kept = reset_copy(lesson, copies_folder())
        if kept is not None:
            click.echo(
                f"  {copies_folder().name}/{lesson.name} is as it came; what you had is now {kept.name}"
            )
