"""A study as lines of text, for a terminal and a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.study.precision import money

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.rehearsal.study.cache_study import CacheStudy

_UNKNOWN = "-"


def study_text(study: CacheStudy, *, wrong_usd: float = 0.05, question_usd: float = 0.0) -> str:
    """The table by threshold, what to mind, the verdict, and how to go on."""
    table = study.thresholds(wrong_usd=wrong_usd, question_usd=question_usd)
    exact = study.exact_cache
    calls = int(table["calls"].iloc[0])
    kept = "for ever" if study.settings["ttl_s"] is None else f"for {study.settings['ttl_s']:g} s"
    lines = [
        f"{counted(calls, 'call')} with {counted(study.texts, 'different text')}, answers kept {kept}. An exact cache "
        f"answers {_share(exact['hit_rate'])} of the calls and saves {_usd(exact['saved_usd'])}.",
        "",
        *_columns(_HEADS, [_cells(row) for _, row in table.iterrows()]),
        "",
        *study.notes,
        study.verdict(wrong_usd=wrong_usd, question_usd=question_usd),
    ]
    left = len(study.pairs) - int(study.pairs["same"].notna().sum())
    if left:
        lines.append(
            f"{counted(left, 'pair')} without a label. In a notebook: from gateway_kit.widgets import PairLabels; "
            f"PairLabels({str(study.folder)!r})"
        )
    return "\n".join(lines)


_HEADS = (
    "threshold", "exact hits", "near hits", "hit rate", "saved USD", "saved s", "labels", "precision", "net USD",
)  # fmt: skip


def threshold_rows(table: pd.DataFrame) -> tuple[Sequence[str], list[list[str]]]:
    """Headings, and the cells of each threshold, as text."""
    return _HEADS, [_cells(row) for _, row in table.iterrows()]


def _cells(row: pd.Series[Any]) -> list[str]:
    precision, net = _UNKNOWN, _UNKNOWN
    if not math.isnan(row["precision"]):
        precision = (
            f"{_share(row['precision'])} ({_share(row['precision_low'])} to {_share(row['precision_high'])})"
        )
    if not math.isnan(row["net_usd"]):
        low, high = _amount(row["net_low_usd"]), _amount(row["net_high_usd"])
        net = f"{_amount(row['net_usd'])} ({low} to {high})"
    return [
        f"{row['threshold']:g}",
        f"{row['exact_hits']:,.0f}",
        f"{row['near_hits']:,.0f}",
        _share(row["hit_rate"]),
        _amount(row["saved_usd"]),
        _UNKNOWN if math.isnan(row["saved_s"]) else f"{row['saved_s']:,.0f}",
        f"{row['labels']:,.0f}",
        precision,
        net,
    ]


def _share(value: float) -> str:
    return f"{value:.1%}" if 0 < value < 0.1 else f"{value:.0%}"


def _usd(value: float) -> str:
    return "an unknown sum" if math.isnan(value) else money(value)


def _amount(value: float) -> str:
    return _UNKNOWN if math.isnan(value) else money(value).removesuffix(" USD")


def _columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The cells below each other, to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    ]
