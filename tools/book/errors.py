"""What ends a build."""

from __future__ import annotations


class BookError(Exception):
    """The book cannot be built as it is; the message says where, and what to do."""
