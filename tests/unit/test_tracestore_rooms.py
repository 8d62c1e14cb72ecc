"""The trace store's rooms: imports between them point one way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.test_imports import PACKAGE, imported

PROGRAM = PACKAGE / "stack" / "servers" / "tracestore"
NAME = "gateway_kit.stack.servers.tracestore"
# What each room may import besides itself; a room may read the program's configuration and nothing else of the root.
BELOW = {
    "store": set(),
    "ingest": {"store"},
    "api": {"store", "ingest", "config"},
    "metrics": {"store", "api"},
    "pages": {"store", "config"},
}
AT_THE_ROOT = {"__init__", "__main__", "app", "config", "program"}
MODULES = sorted(PROGRAM.rglob("*.py"))
LIBRARIES_NOT_BELOW = {"store": ("starlette", "jinja2"), "ingest": ("starlette", "jinja2", "psycopg")}


def room(path: Path) -> str:
    parts = path.relative_to(PROGRAM).with_suffix("").parts
    return parts[0] if len(parts) > 1 else ""


def test_there_are_five_rooms_and_the_program():
    assert {room(path) for path in MODULES} - {""} == set(BELOW)
    assert {path.stem for path in MODULES if not room(path)} == AT_THE_ROOT


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROGRAM)))
def test_a_room_imports_only_rooms_below_it(path: Path):
    own = room(path)
    if not own:
        return
    modules = set(imported(path))
    used = {name.removeprefix(f"{NAME}.").split(".")[0] for name in modules if name.startswith(f"{NAME}.")}
    assert used <= {own} | BELOW[own]
    forbidden = LIBRARIES_NOT_BELOW.get(own, ())
    assert not {name for name in modules if name.split(".")[0] in forbidden}


def test_a_spans_way_in_contributing_names_each_file_once():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text()
    way = text.split("## A span's way\n")[1].split("\n## ")[0]
    named = re.findall(r"`((?:api|ingest|metrics|pages|store)/[\w/]+\.py)`", way)
    assert len(named) == len(set(named))
    assert [name for name in named if not (PROGRAM / name).is_file()] == []
    ingest = {f"ingest/{path.name}" for path in (PROGRAM / "ingest").glob("*.py")} - {"ingest/__init__.py"}
    assert ingest <= set(named)
