"""The reader's copies of the lessons: nothing that the reader wrote is lost, and the lessons stay as they came."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result

from gateway_kit.cli import main
from gateway_kit.lessons.copies import copy_missing, look_at
from gateway_kit.stack import lab

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 30, 8, 15, 2)


class Place:
    """A working copy with two lessons, and the commands on it."""

    def __init__(self, root: Path) -> None:
        self.originals, self.copies = root / "notebooks", root / "my_lessons"
        self.originals.mkdir()
        for name in ("00_start_here", "01_routing"):
            self.write(name, "**15 minutes.** Text.", "x = 1")

    def write(self, name: str, text: str, code: str) -> None:
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.originals / f"{name}.ipynb")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["lessons", *words])

    def copy(self, name: str = "00_start_here") -> Path:
        return self.copies / f"{name}.ipynb"

    def edit(self, code: str) -> None:
        notebook = nbformat.read(self.copy(), as_version=4)
        notebook.cells[1].source = code
        nbformat.write(notebook, self.copy())

    def state(self) -> str:
        return self.run().stdout.splitlines()[0].partition("minutes  ")[2]

    def dated(self) -> list[Path]:
        return sorted(path for path in self.copies.iterdir() if re.search(r"\.\d{4}-", path.name))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    there = Place(tmp_path)
    monkeypatch.setattr(lab, "notebooks_folder", lambda: there.originals)
    before = {path: path.read_bytes() for path in there.originals.iterdir()}
    yield there
    assert all(path.stat().st_nlink == 1 for path in before)


def test_listing_copies_nothing_and_says_so(place: Place) -> None:
    lines = place.run().stdout.splitlines()
    assert lines[0].split() == ["00_start_here", "15", "minutes", "no", "copy", "yet"]
    assert not place.copies.exists()


def test_a_copy_is_made_once_and_then_kept(place: Place) -> None:
    place.run("copy")
    assert place.state() == "untouched"
    nbformat.validate(nbformat.read(place.copy(), as_version=4))
    place.edit("x = 2")
    place.run("copy")
    assert nbformat.read(place.copy(), as_version=4).cells[1].source == "x = 2"
    assert place.state() == "changed by you"


def test_executing_cells_is_no_change(place: Place) -> None:
    place.run("copy")
    notebook = nbformat.read(place.copy(), as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1")]
    notebook.cells[1].execution_count = 1
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, place.copy())
    assert place.state() == "untouched"


@pytest.mark.parametrize(("code", "state"), [("x = 1", "untouched"), ("x = 7", "changed by you")])
def test_a_newer_original_is_offered_and_not_forced(place: Place, code: str, state: str) -> None:
    place.run("copy")
    place.edit(code)
    before = place.copy().read_bytes()
    place.write("00_start_here", "**15 minutes.** Better text.", "x = 1")
    shown = place.run("copy").stdout
    assert place.copy().read_bytes() == before
    assert f"{state}; the original is newer" in shown.splitlines()[0]
    assert "Newer than your copy: 00_start_here. " in shown
    assert "gateway-kit lessons reset 00_start_here\n" in shown
    place.run("reset", "00")
    assert place.state() == "untouched"
    assert "Newer" not in place.run().stdout
    assert place.dated()[0].read_bytes() == before


def test_reset_keeps_each_old_copy_under_a_name_of_its_own(place: Place) -> None:
    place.run("copy")
    for number in range(3):
        place.edit(f"x = {10 + number}")
        done = place.run("reset", "00_start_here")
        assert place.dated()[-1].name in done.stdout
    kept = [nbformat.read(path, as_version=4).cells[1].source for path in place.dated()]
    assert sorted(kept) == ["x = 10", "x = 11", "x = 12"]
    assert place.state() == "untouched"


def test_two_resets_within_a_second_overwrite_nothing(place: Place) -> None:
    from gateway_kit.lessons.copies import reset

    original = place.originals / "00_start_here.ipynb"
    place.run("copy")
    kept = []
    for number in range(2):
        place.edit(f"x = {10 + number}")
        kept.append(reset(original, place.copies, NOW))
    assert [path.name for path in kept if path] == [
        "00_start_here.2026-11-30_08-15-02.ipynb",
        "00_start_here.2026-11-30_08-15-02_2.ipynb",
    ]


def test_a_reset_on_a_full_disk_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run("copy")
    place.edit("x = 3")
    before = sorted((path.name, path.read_bytes()) for path in place.copies.iterdir())

    def full(old: Any, new: Any) -> None:
        new.write(old.read(9))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gateway_kit.lessons.copies.shutil.copyfileobj", full)
    done = place.run("reset", "00")
    assert done.exit_code == 1
    assert "No space left on device. Nothing was replaced." in done.stderr
    assert sorted((path.name, path.read_bytes()) for path in place.copies.iterdir()) == before


def test_if_all_are_newer_one_word_resets_them(place: Place) -> None:
    place.run("copy")
    for name in ("00_start_here", "01_routing"):
        place.write(name, "**20 minutes.** Text.", "x = 1")
    assert "gateway-kit lessons reset --all\n" in place.run().stdout


def test_reset_of_a_copy_as_it_came_leaves_no_second_one(place: Place) -> None:
    place.run("copy")
    assert place.run("reset", "--all").exit_code == 0
    assert place.dated() == []


def test_reset_needs_names_or_all_and_knows_the_lessons(place: Place) -> None:
    for words in ((), ("00", "--all")):
        assert "Name the lessons to reset" in place.run("reset", *words).stderr
    assert "No lesson 09" in place.run("reset", "09").stderr
    assert "No lesson" in place.run("reset", "../../etc/passwd").stderr
    assert not place.copies.exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"cells": 3}', '{"cells": [1]}', '{"cells": [{"source": [1]}]}', "\udcff"],
)
def test_a_damaged_copy_is_named_and_kept(place: Place, text: str) -> None:
    place.run("copy")
    data = text.encode("utf-8", "surrogateescape")
    place.copy().write_bytes(data)
    done = place.run("copy")
    assert place.state() == "not a notebook"
    assert "my_lessons/00_start_here.ipynb is not a notebook" in done.stdout
    place.run("reset", "00")
    assert place.state() == "untouched"
    assert place.dated()[0].read_bytes() == data


def test_a_link_in_place_of_a_copy_is_not_written_through(place: Place) -> None:
    original = place.originals / "00_start_here.ipynb"
    before = original.read_bytes()
    place.copies.mkdir()
    place.copy().symlink_to(original)
    assert "is a link, not a copy" in place.run("copy").stdout
    place.run("reset", "00")
    assert original.read_bytes() == before
    assert not place.copy().is_symlink()
    assert place.dated()[0].readlink() == original


@pytest.mark.parametrize("kind", ["file", "link", "link to the lessons"])
def test_a_file_or_link_in_place_of_the_folder_is_refused(place: Place, tmp_path: Path, kind: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    if kind == "file":
        place.copies.write_text("mine")
    else:
        place.copies.symlink_to(place.originals if "lessons" in kind else tmp_path / "elsewhere")
    for words in (("copy",), ("reset", "--all")):
        done = place.run(*words)
        assert done.exit_code == 1
        assert re.search("is a (file|link), and the copies .* Rename it", done.stderr)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_with_the_name_of_a_copy_is_a_sentence(place: Place) -> None:
    place.copy().mkdir(parents=True)
    assert "not readable (Is a directory)" in place.run("copy").stdout
    assert "is a folder, and the copy of a lesson needs its name" in place.run("reset", "00").stderr
    assert place.copy().is_dir()


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/usr/bin/setpriv").exists(), reason="needs setpriv as root"
)
def test_a_folder_that_cannot_be_written_is_a_sentence_and_loses_nothing(
    place: Place, tmp_path: Path
) -> None:
    place.run("copy")
    place.edit("x = 3")
    before = place.copy().read_bytes()
    place.copies.chmod(0o555)
    code = (
        "from pathlib import Path; from gateway_kit.lessons.copies import reset, copy_missing; "
        f"o = Path({str(place.originals)!r}) / '00_start_here.ipynb'; f = Path({str(place.copies)!r})\n"
        "for act in (lambda: reset(o, f), lambda: copy_missing([o.with_name('01_routing.ipynb')], f)):\n"
        "    try: act()\n"
        "    except Exception as exc: print(type(exc).__name__, exc)"
    )
    place.copy("01_routing").unlink()
    # Root may write anywhere; without that privilege it is a user like any other.
    bare = (
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        if os.geteuid() == 0
        else []
    )
    python = str(ROOT / ".venv" / "bin" / "python")
    done = subprocess.run([*bare, python, "-c", code], capture_output=True, text=True, check=False)
    place.copies.chmod(0o755)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(re.match(r"LessonError .*Permission denied\. Nothing was replaced\.", line) for line in lines)
    assert place.copy().read_bytes() == before


def test_an_original_that_is_no_notebook_is_a_sentence(place: Place) -> None:
    (place.originals / "00_start_here.ipynb").write_text("<<<<<<< HEAD")
    for words in ((), ("copy",), ("reset", "00")):
        done = place.run(*words)
        assert done.exit_code == 1
        assert "is no notebook" in done.stderr
        assert "git restore" in done.stderr


def test_the_kits_own_lessons_can_be_copied_and_show_their_pictures(tmp_path: Path) -> None:
    originals = sorted((ROOT / "notebooks").glob("*.ipynb"))
    folder = tmp_path / lab.COPIES
    assert {copy.state for copy in copy_missing(originals, folder)} == {"untouched"}
    assert lab.copies_folder() == ROOT / lab.COPIES
    for original in originals:
        fresh, came = (nbformat.read(path, as_version=4) for path in (folder / original.name, original))
        nbformat.validate(fresh)
        assert [dict(cell) for cell in fresh.cells] == [dict(cell) for cell in came.cells]
        text = "\n".join(cell.source for cell in fresh.cells if cell.cell_type == "markdown")
        for path in re.findall(r"\]\(((?!http)[^)#]+)", text):
            # As deep as the lessons, so a link to a neighbour or a picture finds its file.
            assert (ROOT / lab.COPIES / path).resolve().relative_to(ROOT)
            assert (original.parent / path).exists()
    assert look_at(originals[0], folder).minutes > 0


def test_git_ignores_the_copies() -> None:
    done = subprocess.run(["git", "check-ignore", f"{lab.COPIES}/x.ipynb"], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_codespaces_open_the_copy() -> None:
    for path in (ROOT / ".devcontainer").rglob("devcontainer.json"):
        container: dict[str, Any] = json.loads(path.read_text())
        opened = container["customizations"]["codespaces"]["openFiles"]
        assert opened == ["README.md", f"{lab.COPIES}/{lab.FIRST_LESSON}"]
        settings = container["customizations"]["vscode"]["settings"]
        assert settings["files.readonlyInclude"] == {"notebooks/*.ipynb": True}
    created = (ROOT / ".devcontainer" / "postCreate.sh").read_text()
    assert "gateway-kit lessons copy" in created  # before the editor opens the file
