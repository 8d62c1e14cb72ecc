"""Link each lesson's first use of a term to the glossary: `python tools/link_glossary.py`.

A term is a heading of the third level in `docs/glossary.md`. Its first use is looked for below the lesson's first cell,
in running text: not in headings, tables, code or other links.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
_LINK = re.compile(r"\[[^\]]*\]\(\.\./docs/glossary\.md#([\w-]+)\)")
# Where no use is looked for; the glossary's own links are told apart before.
_NOT_PROSE = re.compile(
    r"^```.*?^```|^[#|].*?$|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|<[^>]*>|https?://\S+", re.MULTILINE | re.DOTALL
)


def terms() -> list[str]:
    """The glossary's terms, the longest first: a use of a long one is none of the short one inside it."""
    found = re.findall(r"^### (.+)$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(found, key=len, reverse=True)


def anchor(term: str) -> str:
    """The anchor of a term's heading, as GitHub and Sphinx make it."""
    return term.lower().replace(" ", "-")


def missing(texts: list[str]) -> Iterator[tuple[str, int, int, int]]:
    """(term, number of the text, start, end) of each first use that is not linked."""
    for term in terms():
        pattern = re.compile(rf"(?<![\w-]){_words(term)}(?![\w-])", re.IGNORECASE)
        for number, text in enumerate(texts):
            linked = [match.start() for match in _LINK.finditer(text) if match[1] == anchor(term)]
            use = pattern.search(_NOT_PROSE.sub(lambda part: " " * len(part[0]), text))
            if linked and (use is None or linked[0] < use.start()):
                break
            if use is not None:
                yield term, number, use.start(), use.end()
                break


def _words(term: str) -> str:
    stem = re.escape(term.lower()).replace(r"\ ", r"\s")
    return rf"(?:{stem[:-1]}ies|{stem})" if stem.endswith("y") else rf"{stem}(?:s|es)?"


def prose(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The text cells below the first one."""
    return [cell for cell in notebook["cells"][1:] if cell["cell_type"] == "markdown"]


def link(notebook: dict[str, Any]) -> list[str]:
    """Add the missing links in place; returns the terms."""
    cells, added = prose(notebook), []
    while found := next(missing(["".join(cell["source"]) for cell in cells]), None):
        term, number, start, end = found
        text = "".join(cells[number]["source"])
        linked = f"{text[:start]}[{text[start:end]}](../docs/glossary.md#{anchor(term)}){text[end:]}"
        cells[number]["source"] = linked.splitlines(keepends=True)
        added.append(term)
    return added


def main() -> int:
    """Link what is not linked yet."""
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if added := link(notebook):
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {', '.join(added)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
