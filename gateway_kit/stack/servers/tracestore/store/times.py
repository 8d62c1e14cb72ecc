"""The current time as it is stored where Langfuse counts in milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def now_ms() -> datetime:
    """Now, to the millisecond: a client may send a time back that it was answered."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
