"""The commands of the facilitator's guide: each is known, with its options, and tried out or known to be untried."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from gateway_kit.cli import main
from tests.facilitator_commands import NOT_RUN, RUN, RUN_BY, commands
from tests.facilitator_plans import GUIDE

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = commands()
TEXTS = list(dict.fromkeys(command.text for command in COMMANDS))
# Files that the guide's commands take, of the facilitator's.
FILES = ("room.pem", "room.key", "names.csv", "seat-01.html")


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that has the facilitator's files."""
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        (tmp_path / name).touch()


def parse(text: str) -> None:
    """Parse a command as the command line does, and run nothing. Raises click.UsageError."""
    words = shlex.split(text)
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        if name not in command.commands:
            raise click.UsageError(f"no command {name!r}")
        command = command.commands[name]
    if isinstance(command, click.Group):  # a group's name
        return
    options = {option for parameter in command.params for option in parameter.opts}
    for word in words:  # click takes a beginning of an option's name for it
        if word.startswith("--") and word.partition("=")[0] not in options:
            raise click.UsageError(f"no option {word}")
    command.make_context(command.name, words)


@pytest.mark.parametrize("text", [text for text in TEXTS if "gateway-kit " in text])
def test_the_command_line_knows_the_command_and_its_options(text: str, in_a_folder: None) -> None:
    parse(re.sub(r"^.*?gateway-kit ", "", text).removesuffix(')"'))


@pytest.mark.parametrize("text", [text for text in TEXTS if text.startswith("make ")])
def test_the_makefile_has_the_target(text: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert text.split()[1] in targets


def test_each_command_is_tried_out_in_one_way() -> None:
    """A new command of the guide belongs in one table of tests/facilitator_commands.py."""
    known = [*RUN, *RUN_BY, *NOT_RUN]
    assert len(known) == len(set(known))
    assert sorted(known) == sorted(TEXTS)


@pytest.mark.parametrize("text", RUN_BY)
def test_the_test_that_runs_a_command_exists(text: str) -> None:
    path, _, name = RUN_BY[text].partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert f"def {name}(" in source
    options = [word for word in text.split() if word.startswith("--")]
    assert [option for option in options if option not in source] == []


def test_an_unknown_command_or_option_is_found() -> None:
    for text in ("workshops", "up --port 1", "workshop serv", "logs", "restart"):
        with pytest.raises(click.UsageError):
            parse(text)
    parse("up --port-offset 100")


def test_a_message_in_the_table_of_troubles_is_one_that_people_see() -> None:
    page = (GUIDE / "trouble.md").read_text(encoding="utf-8")
    firsts = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    quoted = [text for first in firsts for text in re.findall(r'(?:^ \*|")([^*"]{6,})(?:\*|")', first)]
    assert len(quoted) >= 4
    said = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "gateway_kit").rglob("*.py"))
    for text in quoted:
        assert [part for part in text.split("…") if part.strip(" ,") not in said] == [], text
