"""Moments of a rehearsal and lengths of time, as a story names them: on the log's clock, or in shares of the calls."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LENGTH = re.compile(r"([\d.]+)\s*(ms|s|min|m|h)?")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)")
_SHARE = re.compile(r"([\d.]+)\s*%")


@dataclass(frozen=True)
class Moment:
    """A moment or a length of time: seconds on the clock of the log, or a share of the calls from 0 to 1."""

    seconds: float | None = None
    share: float | None = None

    def __str__(self) -> str:
        if self.share is not None:
            return f"{self.share:.3%}".replace(".000", "").replace("00%", "%")
        return clock_text(self.seconds or 0.0)


def read_moment(value: object) -> Moment:
    """A moment: `00:10` (mm:ss), `01:00:00`, `90s`, `2m`, seconds, or `25%` of the calls. Raises ValueError."""
    if isinstance(value, bool) or value is None:
        raise ValueError("is no time")
    # YAML reads an unquoted 10:30 as a number of base 60: 630, which is the same in seconds.
    text = str(value).strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return Moment(seconds=hours * 3600 + minutes * 60 + seconds)
    return read_length(text)


def read_length(value: object) -> Moment:
    """A length of time: `30s`, `2m`, `1.5h`, seconds, `01:30`, or `10%` of the calls. Raises ValueError."""
    if isinstance(value, bool) or value is None:
        raise ValueError("is no time")
    text = str(value).strip()
    try:
        if match := _SHARE.fullmatch(text):
            share = float(match[1]) / 100
            if share <= 1:
                return Moment(share=share)
        if match := _LENGTH.fullmatch(text):
            return Moment(seconds=float(match[1]) * _UNITS[match[2] or "s"])
    except ValueError:
        pass
    if _CLOCK.fullmatch(text):
        return read_moment(text)
    raise ValueError("is no time")


def clock_text(seconds: float) -> str:
    """`00:10`, or `1:00:10` from an hour on; with tenths where they matter."""
    tenths = round(seconds * 10)
    whole, rest = divmod(tenths, 10)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02d}:{left:02d}" + (f".{rest}" if rest else "")
    return f"{hours}:{text}" if hours else text
