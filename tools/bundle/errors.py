"""Why there is no bundle."""

from __future__ import annotations


class BundleError(Exception):
    """The archive cannot be written; the message is one sentence that says what to do."""
