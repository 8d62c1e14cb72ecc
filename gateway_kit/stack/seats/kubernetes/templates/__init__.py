"""Texts of the export with names in braces."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"\{([a-z_0-9]+)\}")


def fill_in(template: str, **values: object) -> str:
    """A template with its names replaced. Raises KeyError for a name that has no value."""
    text = (Path(__file__).parent / template).read_text(encoding="utf-8")
    return _NAME.sub(lambda found: str(values[found[1]]), text)
