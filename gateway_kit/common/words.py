"""Counts in words, as messages and pages have them."""

from __future__ import annotations


def counted(count: int, thing: str, things: str = "", *, none: str = "0") -> str:
    """A count with its noun: 1 seat, 2 seats, 1,200 entries (`things` if it is not `thing` with an s)."""
    return f"{f'{count:,}' if count else none} {thing if count == 1 else things or f'{thing}s'}"
