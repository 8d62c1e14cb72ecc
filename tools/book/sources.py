"""Everything that the book is built from, in a folder laid out as the book: Markdown, notebooks, pictures."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gateway_kit.stack.services.programs import NODE_FOLDER, node
from tools.book import command_line, lessons, variables
from tools.book.errors import BookError
from tools.book.links import ROOT, place, relinked

# Asks the simulator for the page that it shows of itself.
_SIMULATOR = """
import { CONTENTS } from "./providers/page/contents.mjs";
import { markdown } from "./providers/page/markdown.mjs";
process.stdout.write(markdown(CONTENTS));
"""
# Where a page shows a section of README, or only the section's table.
_FROM_README = re.compile(r"^<!-- README: (?P<heading>[^,\n]+)(?P<table>, the table)? -->$", re.MULTILINE)


def write_sources(folder: Path, executed: Path | None) -> bool:
    """Write what has changed to `folder`; returns whether the pages are others than before.

    `executed` has the lessons' runs. Raises BookError.
    """
    before = _files(folder)
    made = dict(_sources(executed))
    for path, content in made.items():
        file = folder / path
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for path in before - set(made):
        (folder / path).unlink()
    return before != set(made)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _sources(executed: Path | None) -> Iterator[tuple[str, bytes]]:
    generated = {
        "command_line.md": command_line.page(),
        "variables.md": variables.page(),
        "simulated_providers.md": _simulated_providers(),
    }
    for file in sorted((ROOT / "docs").rglob("*.md")):
        page = file.relative_to(ROOT).as_posix()
        text = relinked(file.read_text(encoding="utf-8"), page, generated)
        yield place(page) or "", with_readme(text, page).encode()
    for path, text in generated.items():
        yield path, text.encode()
    for picture in (ROOT / "images").glob("*.png"):
        yield f"images/{picture.name}", picture.read_bytes()
    for lesson in lessons.lessons():
        yield f"{lessons.DOWNLOADS}/{lesson.name}", lesson.read_bytes()
    for name, notebook in lessons.pages(executed):
        yield f"lessons/{name}", notebook.encode()


def with_readme(text: str, page: str) -> str:
    """A page with the sections of README that it asks for."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    def section(match: re.Match[str]) -> str:
        found = re.search(
            rf"^## {re.escape(match['heading'])}\n\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL
        )
        if found is None:
            raise BookError(f"{page} shows README's section {match['heading']!r}, which does not exist")
        lines = found[1].splitlines()
        shown = [line for line in lines if line.startswith("|")] if match["table"] else lines
        return relinked("\n".join(shown), "README.md", seen_from=page)

    return _FROM_README.sub(section, text)


def _simulated_providers() -> str:
    """The page that the simulator shows of itself, as it is in this version."""
    argv = [str(node()), "--input-type=module", "-e", _SIMULATOR]
    return subprocess.run(argv, cwd=NODE_FOLDER, capture_output=True, check=True, text=True).stdout


def clear(*folders: Path) -> None:
    """Remove folders of an earlier build."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
