"""Two experiments over the same items: which one scored higher, and whether that is more than chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.intervals import LEAST_ITEMS, mean_interval

COMPARISON = Table(
    Column("score", "string", "its name"),
    Column("group", "string", "the value of `by`; all: every item"),
    Column("items", "int64", "items that both experiments have this score for"),
    Column("before", "float64", "mean in the first experiment"),
    Column("after", "float64", "mean in the second experiment"),
    Column("difference", "float64", "mean over the items of after minus before"),
    Column("low", "float64", "lower end of the difference's 95 % interval"),
    Column("high", "float64", "upper end of the difference's 95 % interval"),
    Column("better", "int64", "items with a higher score after"),
    Column("worse", "int64", "items with a lower score after"),
    Column("verdict", "string", "higher, lower, no difference can be told, or too few items"),
)
ALL = "all"
HIGHER, LOWER, UNDECIDED, TOO_FEW = "higher", "lower", "no difference can be told", "too few items"


def compare_experiments(before: pd.DataFrame, after: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """What changed from one experiment to another, one row per score, and per group of items.

    The same items are compared with each other (a paired comparison), so hard items do not count as chance. The
    interval is Student's, of the differences; an interval that contains 0 decides nothing, and fewer than 10 items are
    too few for one. The trace store's page has the same figures. Several scores of one item, as from repeated runs,
    count with their mean.

    Args:
        before: Rows of `tracing.evaluation.experiment_items`, or any frame with the columns item_id and scores (a dict
            of name → number or bool).
        after: The same of the second experiment.
        by: A key of the items' metadata, such as "kind": each of its values is a group of its own, after the row `all`.

    Returns:
        - `score` (string): its name
        - `group` (string): the value of `by`; all: every item
        - `items` (int64): items that both experiments have this score for
        - `before` (float64): mean in the first experiment
        - `after` (float64): mean in the second experiment
        - `difference` (float64): mean over the items of after minus before
        - `low` (float64): lower end of the difference's 95 % interval
        - `high` (float64): upper end of the difference's 95 % interval
        - `better` (int64): items with a higher score after
        - `worse` (int64): items with a lower score after
        - `verdict` (string): higher, lower, no difference can be told, or too few items

    Raises:
        ValueError: A missing column, or no item that both experiments have.

    Example:
        >>> compare_experiments(items("version 1"), items("version 2"), by="kind")
    """
    both = (
        _long(before, by)
        .rename(columns={"value": "before"})
        .join(_long(after)["value"].rename("after"), how="inner")
    )
    if both.empty:
        raise ValueError(
            "The experiments have no item with the same score: compare two experiments over one dataset, "
            "and see their columns item_id and scores."
        )
    rows: list[dict[str, Any]] = []
    for score, part in both.groupby("score", sort=True):
        rows.append(_row(str(score), ALL, part))
        if by is not None:
            rows += [_row(str(score), str(group), each) for group, each in part.groupby("group", sort=True)]
    return COMPARISON.frame(rows)


def _long(items: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """A row per item and score, in its index: the mean value, and the item's group."""
    missing = {"item_id", "scores", *(["metadata"] if by else [])} - set(items.columns)
    if missing:
        raise ValueError(
            f"an experiment needs the column {' and '.join(sorted(missing))}; it has {list(items.columns)}"
        )
    groups = [_group(metadata, by) for metadata in items["metadata"]] if by else [ALL] * len(items)
    rows = [
        (str(item), name, float(value), group)
        for item, scores, group in zip(items["item_id"], items["scores"], groups, strict=True)
        for name, value in (scores or {}).items()
        if isinstance(value, bool | int | float) and not np.isnan(value)
    ]
    long = pd.DataFrame(rows, columns=["item_id", "score", "value", "group"])
    return long.groupby(["item_id", "score"]).agg(value=("value", "mean"), group=("group", "first"))


def _group(metadata: object, by: str | None) -> str:
    value = metadata.get(by) if isinstance(metadata, dict) else None
    return "none" if value is None else str(value)


def _row(score: str, group: str, part: pd.DataFrame) -> dict[str, Any]:
    change = part["after"].to_numpy() - part["before"].to_numpy()
    low, high = mean_interval(change)
    return {
        "score": score,
        "group": group,
        "items": len(part),
        "before": part["before"].mean(),
        "after": part["after"].mean(),
        "difference": change.mean(),
        "low": low,
        "high": high,
        "better": int((change > 0).sum()),
        "worse": int((change < 0).sum()),
        "verdict": _verdict(len(part), low, high),
    }


def _verdict(items: int, low: float, high: float) -> str:
    if items < LEAST_ITEMS:
        return TOO_FEW
    if low > 0:
        return HIGHER
    return LOWER if high < 0 else UNDECIDED
