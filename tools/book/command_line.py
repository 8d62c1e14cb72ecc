"""The command line's page: each command with its arguments and options, from the real help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from gateway_kit.cli import main


def page() -> str:
    """The page as Markdown."""
    return "\n".join(["# Command line", "", *_sections(main, click.Context(main, info_name="gateway-kit"))])


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    if context.parent is not None:
        yield f"## {context.command_path}\n"
    yield from _paragraphs(inspect.cleandoc(command.help or ""))
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```\n"
    # An argument has its place in the usage, an option its meaning here.
    options = [param for param in command.params if isinstance(param, click.Option)]
    if records := [found for option in options if (found := option.get_help_record(context))]:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in records)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _sections(child, click.Context(child, info_name=name, parent=context))


def _paragraphs(text: str) -> Iterator[str]:
    """Help as Markdown; paragraphs that click is to leave as they stand are commands."""
    for paragraph in text.split("\n\n"):
        as_it_stands = paragraph.startswith("\b\n")
        lines = paragraph.removeprefix("\b\n")
        yield f"```text\n{inspect.cleandoc(lines)}\n```\n" if as_it_stands else f"{lines}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
