"""Waits for the page that a click or a key leads to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Wait, at the end of the block, until the next page is parsed.

    The address changes before that, so what is read of a page at once may be missing or be the last page's.
    """
    with page.expect_event("domcontentloaded"):
        yield
