"""Texts of the export with names in braces."""

from __future__ import annotations

from pathlib import Path

from gateway_kit.common import templates


def fill_in(template: str, **values: object) -> str:
    """A template of this folder with its names replaced. Raises KeyError for a name that has no value."""
    return templates.fill_in(Path(__file__).parent / template, **values)
