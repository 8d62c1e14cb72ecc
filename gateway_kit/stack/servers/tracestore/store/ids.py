"""Ids in the forms that Langfuse gives them."""

from __future__ import annotations

import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def cuid() -> str:
    """A new id of 25 characters, like cmx2e8js50011jd7d8vv4d11k: a c, the time, and chance. Later ones sort later."""
    return f"c{_base36(time.time_ns() // 1_000_000, 8)}{_base36(secrets.randbits(96), 16)}"


def _base36(number: int, length: int) -> str:
    """The last digits of a number."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
