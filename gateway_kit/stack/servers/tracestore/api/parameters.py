"""Parameters of a query string, checked as Langfuse does; all issues are reported together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_MAX_NUMBER_CHARS = 400


class Parameters:
    """Reads parameters and collects issues; `finish` raises Refusal 400 if there are any."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.issues: checks.Issues = []

    def finish(self) -> None:
        """Raise Refusal 400 if a parameter read so far was wrong."""
        if self.issues:
            raise invalid_data(self.issues)

    def allow_only(self, names: Iterable[str]) -> None:
        """Add an issue for any other parameter."""
        unknown = [name for name in self._values if name not in set(names)]
        if unknown:
            self.issues.append(issues.unknown_keys(unknown))

    def text(self, name: str) -> str | None:
        """The value; None if it is not given."""
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            self.issues.append(issues.wrong_type([name], "string", values))
            return None
        return values[0]

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return self._values.get(name, [])

    def listed(self, name: str) -> list[str]:
        """The parts between commas, stripped; empty parts are left out."""
        text = self.text(name) or ""
        return [part for part in map(str.strip, text.split(",")) if part]

    def option(self, name: str, options: Sequence[str]) -> str | None:
        """One of the options; None if it is not given."""
        text = self.text(name)
        return None if text is None else checks.option(text, [name], options, self.issues)

    def boolean(self, name: str) -> bool | None:
        """True or false; None if it is not given."""
        text = self.text(name)
        if text in (None, "true", "false"):
            return None if text is None else text == "true"
        self.issues.append(issues.not_a_literal([name], ("true", "false")))
        return None

    def number(self, name: str) -> float | None:
        """A number, written in any way that JavaScript reads; None if it is not given or wrong."""
        text = self.text(name)
        if text is None:
            return None
        number = js_number(text)
        if not math.isfinite(number):
            self.issues.append(issues.not_a_number([name], is_infinite=math.isinf(number)))
            return None
        return number

    def whole(
        self, name: str, default: int, *, least: int = 0, above: int | None = None, maximum: int | None = None
    ) -> int:
        """A whole number from `least`, or greater than `above`, to `maximum` (None: no limit)."""
        number = self.number(name)
        if number is None:
            return default
        smallest = least if above is None else None
        count = checks.whole(number, [name], self.issues, least=smallest, above=above, maximum=maximum)
        return default if count is None else count

    def date_and_time(self, name: str) -> datetime | None:
        """A date and time with an offset; None if it is not given or wrong."""
        text = self.text(name)
        return None if text is None else checks.date_and_time(text, [name], self.issues)

    def date(self, name: str) -> datetime | None:
        """A date, with or without a time; None if it is not given or wrong."""
        text = self.text(name)
        return None if text is None else checks.date(text, [name], self.issues)


def js_number(text: str) -> float:
    """The value of JavaScript's Number(text); NaN if it is not a number."""
    text = text.strip()
    if not text:
        return 0.0
    if len(text) > _MAX_NUMBER_CHARS:
        return math.nan
    if text in ("Infinity", "+Infinity", "-Infinity"):
        return float(text)
    if _INTEGER.fullmatch(text):
        return float(int(text, 0))
    return float(text) if _DECIMAL.fullmatch(text) else math.nan
