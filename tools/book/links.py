"""Where each file of the repository is in the book, and the links between pages.

Documents and lessons link files as they lie in the repository, so that the links work on GitHub and in JupyterLab too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from pathlib import Path

from tools.book.errors import BookError

ROOT = Path(__file__).resolve().parents[2]
# Folder of the repository → folder of the book.
PLACES = {"docs/": "", "notebooks/": "lessons/", "images/": "images/"}
# Code, in which nothing is a link or a heading.
CODE = r"(?P<code>^ *(`{3,}).*?^ *\2`*$|`[^`\n]+`)"
_CODE_OR_LINK = re.compile(
    CODE + r"|(?P<text>\[[^\[\]]*\])\((?P<target>[^()\s#]+)(?P<anchor>#[^()\s]*)?\)",
    re.MULTILINE | re.DOTALL,
)


def place(path: str) -> str | None:
    """The path in the book of a file of the repository; None if it has no place there."""
    for folder, new in PLACES.items():
        if path.startswith(folder):
            return new + path.removeprefix(folder)
    return None


def relinked(text: str, page: str, generated: Collection[str] = (), seen_from: str | None = None) -> str:
    """Markdown of the repository's file `page`, with its relative links as they are in the book.

    A link to a file that is not in the book becomes its text. `generated` are pages that only the book has, and
    `seen_from` is the file whose page shows the text, if it is another. Raises BookError for a link to no file.
    """

    def new(match: re.Match[str]) -> str:
        target = match["target"]
        if match["code"] or ":" in (target or ""):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        placed = place(path)
        if placed not in generated and not (ROOT / path).exists():
            raise BookError(f"{page} links {target}, which does not exist")
        if placed is None or (ROOT / path).is_dir():
            return match["text"][1:-1]
        here = posixpath.dirname(place(seen_from or page) or "")
        return f"{match['text']}({posixpath.relpath(placed, here or '.')}{match['anchor'] or ''})"

    return _CODE_OR_LINK.sub(new, text)
