"""Texts with names in braces, kept in files of their own."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"\{([a-z_0-9]+)\}")


def fill_in(template: Path, **values: object) -> str:
    """A template with its names replaced. Raises KeyError for a name that has no value."""
    return _NAME.sub(lambda found: str(values[found[1]]), template.read_text(encoding="utf-8"))
