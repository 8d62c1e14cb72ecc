"""The calibration in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.rehearsal.report.statement import Statement
from gateway_kit.rehearsal.report.wording import change, dollars, plain, seconds, signed_share
from gateway_kit.rehearsal.tables import by_measure

if TYPE_CHECKING:
    from gateway_kit.rehearsal.calibration import Calibration

MEASURES = {"cost_usd": "cost", "latency_p50_s": "p50 of the latency", "latency_p95_s": "p95 of the latency"}
# Reasons that one sentence names.
_MOST = 2


def calibration_statements(calibration: Calibration, *, in_trouble: bool = False) -> Iterator[Statement]:
    """Whether the rehearsal reproduces the log, measure by measure; with trouble that the log had not it cannot."""
    rows = by_measure(calibration.table)
    missing = [words for measure, words in MEASURES.items() if measure not in rows]
    if in_trouble and rows:
        yield Statement(
            "tells",
            f"The rehearsal of the {calibration.run} had trouble that the log did not have, so its cost and latency "
            "are not the log's. To see how near the two come, rehearse once without --story and --fault.",
        )
    for measure, words in MEASURES.items():
        if measure not in rows or in_trouble:
            continue
        row = rows[measure]
        show = amount_words(measure)
        pair = f"{show(row['rehearsed'])} in the rehearsal of the {calibration.run}, {show(row['logged'])} in the log"
        n = f"n={int(row['calls']):,}"
        if row["change"] != row["change"]:
            yield Statement("tells", f"Calibration, {words}: {pair} ({n}); there is nothing to compare.")
            continue
        by = f"{change(row['change'])}, {n}"
        limit = f"{row['tolerance']:.0%}".replace("%", " %")
        if pd.isna(row["within"]):
            yield Statement("tells", f"Calibration, {words}: {pair} ({by}): too few calls to judge.")
        elif row["within"]:
            yield Statement(
                "holds", f"Calibration holds for the {words}: {pair} ({by}; {limit} are allowed)."
            )
        else:
            why = _why(calibration.reasons, measure, show)
            yield Statement(
                "warns", f"Calibration misses the {words}: {pair} ({by}; {limit} are allowed).{why}"
            )
    if missing:
        yield Statement(
            "warns", f"The log does not have what the {' and the '.join(missing)} could be compared with."
        )


def _why(reasons: pd.DataFrame, measure: str, show: Callable[[float], str]) -> str:
    mine = reasons[reasons["measure"] == measure].head(_MOST)
    shown = [
        f"{plain(row['reason'], 200)} ({show(row['amount'])}, {signed_share(row['share'])})"
        for _, row in mine.iterrows()
    ]
    return f" Mostly because {'; and '.join(shown)}." if shown else ""


def amount_words(measure: str) -> Callable[[Any], str]:
    """How a measure's figure is written."""
    return dollars if measure.endswith("_usd") else seconds
