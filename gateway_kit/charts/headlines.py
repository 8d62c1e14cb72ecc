"""What a headline may say of who is fastest or dearest: failed calls are named, and too few calls are said to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from gateway_kit.metrics.percentiles import least_calls

# More groups with failures than this make a headline too long.
_MOST = 2


def failures_note(names: Sequence[str], calls: Sequence[int], failed: Sequence[int]) -> str:
    """What a headline adds about failed calls, the groups with most of them first; empty without one.

    Args:
        names: Of the groups.
        calls: How many each made.
        failed: How many of these failed.
    """
    rows = [(lost, n, name) for name, n, lost in zip(names, calls, failed, strict=True) if lost]
    if not rows:
        return ""
    if len(names) == 1:
        return f"; {rows[0][0]:,} of {rows[0][1]:,} calls failed"
    rows.sort(key=lambda row: -row[0])
    if len(rows) == 1:
        lost, n, name = rows[0]
        return f"; {lost:,} of {n:,} calls of {name} failed"
    listed = ", ".join(f"{lost:,} of {n:,} of {name}" for lost, n, name in rows[:_MOST])
    more = f" and of {len(rows) - _MOST} more" if len(rows) > _MOST else ""
    return f"; failed: {listed}{more}"


def enough(percentile: float, calls: Sequence[int] | pd.Series[Any]) -> bool:
    """Whether each of these numbers of calls is enough to compare this percentile."""
    return min(calls, default=0) >= least_calls(percentile)


def too_few(what: str, percentile: float) -> str:
    """The headline instead of one about `what`, such as "which is fastest"."""
    return f"Too few calls to tell {what}: p{percentile:g} needs {least_calls(percentile)}"
