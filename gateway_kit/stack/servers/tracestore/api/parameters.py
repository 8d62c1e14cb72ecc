"""Parameters of a query string, checked as Langfuse checks them; all that is wrong is told at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data
from gateway_kit.stack.servers.tracestore.ingest.values import read_time

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_DATETIME = re.compile(issues.DATETIME, re.ASCII)
_MAX_NUMBER_CHARS = 400


class Parameters:
    """Reads one parameter after the other and collects issues; `finish` raises Refusal 400 where there are any."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.issues: list[issues.Issue] = []

    def finish(self) -> None:
        """Raise Refusal where a parameter read so far was wrong."""
        if self.issues:
            raise invalid_data(self.issues)

    def allow_only(self, names: Iterable[str]) -> None:
        """Other parameters than these are issues."""
        unknown = [name for name in self._values if name not in set(names)]
        if unknown:
            self.issues.append(issues.unknown_keys(unknown))

    def text(self, name: str) -> str | None:
        """The value; None where it is not given."""
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            self.issues.append(issues.wrong_type([name], "string", values))
            return None
        return values[0]

    def texts(self, name: str) -> list[str]:
        """The values of a parameter that may be repeated."""
        return self._values.get(name, [])

    def listed(self, name: str) -> list[str]:
        """What is between commas, without blanks around it; empty parts are left out."""
        text = self.text(name) or ""
        return [part for part in map(str.strip, text.split(",")) if part]

    def option(self, name: str, options: Sequence[str]) -> str | None:
        """One of the options; None where it is not given."""
        text = self.text(name)
        if text is None or text in options:
            return text
        self.issues.append(issues.not_an_option([name], options))
        return None

    def boolean(self, name: str) -> bool | None:
        """True or false; None where it is not given."""
        text = self.text(name)
        if text in (None, "true", "false"):
            return None if text is None else text == "true"
        self.issues.append(issues.not_a_literal([name], ("true", "false")))
        return None

    def number(self, name: str) -> float | None:
        """A number, written in any way that JavaScript reads; None where it is not given or wrong."""
        text = self.text(name)
        if text is None:
            return None
        number = js_number(text)
        if not math.isfinite(number):
            self.issues.append(issues.not_a_number([name]))
            return None
        return number

    def whole(self, name: str, default: int, *, above: int | None = None, maximum: int | None = None) -> int:
        """A whole number: greater than `above` (None: at least 0), at most `maximum`."""
        number = self.number(name)
        if number is None:
            return default
        if not number.is_integer():
            self.issues.append(issues.not_whole([name]))
        elif above is not None and number <= above:
            self.issues.append(issues.too_small([name], above, inclusive=False))
        elif above is None and number < 0:
            self.issues.append(issues.too_small([name], 0))
        elif maximum is not None and number > maximum:
            self.issues.append(issues.too_big([name], maximum))
        else:
            return int(number)
        return default

    def moment(self, name: str) -> datetime | None:
        """A date and time with an offset, to the millisecond."""
        text = self.text(name)
        if text is None:
            return None
        time = iso_datetime(text)
        if time is None:
            self.issues.append(issues.not_a_datetime([name]))
        return time

    def date(self, name: str) -> datetime | None:
        """A date, with or without a time, to the millisecond."""
        text = self.text(name)
        if text is None:
            return None
        time = any_date(text)
        if time is None:
            self.issues.append(issues.not_a_date([name]))
        return time


def js_number(text: str) -> float:
    """What JavaScript's Number(text) is, NaN where it is none."""
    text = text.strip()
    if not text:
        return 0.0
    if len(text) > _MAX_NUMBER_CHARS:
        return math.nan
    if _INTEGER.fullmatch(text):
        return float(int(text, 0))
    return float(text) if _DECIMAL.fullmatch(text) else math.nan


def iso_datetime(text: str) -> datetime | None:
    """A date and time with an offset, in UTC and to the millisecond; None where the text is none."""
    return any_date(text) if len(text) <= 64 and _DATETIME.fullmatch(text) else None


def any_date(value: Any) -> datetime | None:
    """A text in ISO 8601, or milliseconds since 1970; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            time: datetime | None = datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    else:
        time = read_time(value)
    return None if time is None else time.replace(microsecond=time.microsecond // 1000 * 1000)
