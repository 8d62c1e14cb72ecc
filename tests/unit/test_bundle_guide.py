"""What the facilitator's page about bundles says to type, and what it quotes, is what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from gateway_kit.cli import main
from gateway_kit.stack.bundle_page import commands
from gateway_kit.workshop.bundle import Bundle
from tools.bundle.__main__ import arguments

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "facilitator" / "bundle.md").read_text()
TYPED = re.findall(r"^ *\$ (.*)$", PAGE, re.MULTILINE)


def test_every_make_bundle_is_one_that_it_takes() -> None:
    lines = [line for line in TYPED if line.startswith("make bundle")]
    assert lines
    for line in lines:
        (words,) = shlex.split(line)[2:] or [""]
        arguments(shlex.split(words.removeprefix("BUNDLE_ARGS=")))


def test_every_command_of_the_kit_has_the_options_that_it_is_given() -> None:
    lines = re.findall(r"gateway-kit workshop serve-bundle[^`\n]*", PAGE)
    assert len(lines) >= 2
    command: click.Command = main
    for line in lines:
        for word in shlex.split(line)[1:]:
            if isinstance(command, click.Group):
                command = command.commands[word]
        command.make_parser(click.Context(command)).parse_args(shlex.split(line)[3:])


def test_the_three_commands_are_the_pages() -> None:
    bundle = Bundle(Path("gateway-kit-….tar"), "gateway-kit-0.1.0", 1, "")
    shown = [line for line in TYPED if line.startswith(("curl", "echo", "tar"))]
    made = commands(bundle, "SHA-256", "http://ADDRESS:8008/gateway-kit-….tar")
    assert [shlex.split(line) for line in shown] == [shlex.split(line) for line in made]


@pytest.mark.parametrize(
    ("quoted", "file"),
    [
        ("which this machine lacks", "tools/setup.sh"),
        ("Unpack the archive again", "tools/check_bundle.py"),
        ("is damaged: its SHA-256 is not the one in", "tools/check_bundle.py"),
        ("This system lacks:", "tools/preflight.py"),
        ("belongs to", "gateway_kit/stack/bundle_server.py"),
    ],
)
def test_a_message_in_the_table_is_one_that_people_see(quoted: str, file: str) -> None:
    assert quoted in PAGE
    assert quoted in (ROOT / file).read_text()
    assert (ROOT / "tools" / "try_bundle.py").is_file()
