"""Axis labels of measures, and values with their units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_NAMES = {"latency_s": "latency", "ttft_s": "time to first token", "overhead_ms": "time added by the gateway"}
_UNITS = {"s": "seconds", "ms": "milliseconds", "usd": "US dollars"}


def axis_label(measure: str) -> str:
    """The label of a measure: "latency in seconds" for "latency_s"."""
    stem, _, unit = measure.rpartition("_")
    if unit not in _UNITS:
        return measure.replace("_", " ")
    return f"{_NAMES.get(measure, stem.replace('_', ' '))} in {_UNITS[unit]}"


def format_value(value: float, measure: str) -> str:
    """A value with its unit, rounded for reading: "0.52 s", "0.052 s", "13 ms"; "none" if it is missing."""
    if value != value:
        return "none"
    unit = measure.rpartition("_")[2]
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 or not value else 3
    if unit == "ms":
        digits = 0 if abs(value) >= 10 else 1
    return f"{value:.{digits}f} {unit}" if unit in _UNITS else f"{value:.{digits}f}"


def format_usd(value: float) -> str:
    """US dollars, rounded for reading: "12.40 USD", "0.0031 USD", "0.000075 USD"."""
    # Two significant digits, and at least cents.
    digits = max(2, 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{min(digits, 12)}f} USD"


def set_money_axis(axis: Axis, top_usd: float) -> str:
    """Show small amounts in thousandths or millionths of a dollar; returns the name of the unit."""
    factor, unit = _unit(top_usd)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * factor:,.6g}"))
    return unit


def format_money(value_usd: float, top_usd: float) -> str:
    """A number in the unit of `set_money_axis` with the same `top_usd`."""
    factor, _ = _unit(top_usd)
    return f"{value_usd * factor:,.2f}" if value_usd else "0"


def _unit(top_usd: float) -> tuple[float, str]:
    units = (
        (0.5, 1.0, "US dollars"),
        (0.0005, 1e3, "thousandths of a US dollar"),
        (-math.inf, 1e6, "millionths of a US dollar"),
    )
    return next((factor, unit) for least, factor, unit in units if top_usd >= least)
