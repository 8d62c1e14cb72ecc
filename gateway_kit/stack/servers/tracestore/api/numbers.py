"""Numbers and times as they are answered: without a fraction of zero, prices as text, times to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal


def number(value: Decimal | float | None) -> int | float | None:
    """The number for JSON: an integer where it is one, as JavaScript writes it."""
    if value is None or isinstance(value, int):
        return value
    as_float = float(value)
    return int(as_float) if as_float.is_integer() and abs(as_float) < 1e21 else as_float


def price_text(price: Decimal | None) -> str | None:
    """A price as decimal.js writes it: 1.5e-7, but 0.0000015."""
    if price is None:
        return None
    if not price:
        return "0"
    price = price.normalize()
    if price.adjusted() > -7:
        return format(price, "f")
    digits = "".join(map(str, price.as_tuple().digits))
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{price.adjusted()}"


def time_text(time: datetime | None) -> str | None:
    """2026-11-23T07:52:01.929Z."""
    if time is None:
        return None
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
