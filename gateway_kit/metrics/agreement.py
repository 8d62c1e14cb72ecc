"""How far a judge agrees with people: share, kappa, and in which direction it errs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.comparison import ALL
from gateway_kit.metrics.intervals import bootstrap_interval

AGREEMENT = Table(
    Column("group", "string", "the group of answers; all: every answer"),
    Column("answers", "int64", "that both have judged"),
    Column("agreed", "float64", "share of the answers with the same verdict, 0 to 1"),
    Column(
        "kappa",
        "float64",
        "Cohen's: 1 is full agreement, 0 what chance gives; missing if both always say one thing",
    ),
    Column("kappa_low", "float64", "lower end of kappa's 95 % interval"),
    Column("kappa_high", "float64", "upper end of kappa's 95 % interval"),
    Column("both_pass", "int64", "answers that both accept"),
    Column("both_fail", "int64", "answers that both refuse"),
    Column("wrongly_passed", "int64", "answers that only the judge accepts"),
    Column("wrongly_failed", "int64", "answers that only people accept"),
)


def judge_agreement(
    judge: pd.Series[Any], people: pd.Series[Any], *, by: pd.Series[Any] | None = None
) -> pd.DataFrame:
    """How far a judge's verdicts agree with people's, one row for all answers and one per group.

    Kappa corrects for chance: a judge that accepts everything agrees often where most answers are good, and has a kappa
    of 0. Its interval is a bootstrap over the answers.

    Args:
        judge: True or False (or 1 and 0) per answer; the index names the answer.
        people: The same of the people. Only answers with both verdicts count.
        by: A group per answer, such as the kind of its question.

    Returns:
        - `group` (string): the group of answers; all: every answer
        - `answers` (int64): that both have judged
        - `agreed` (float64): share of the answers with the same verdict, 0 to 1
        - `kappa` (float64): Cohen's: 1 is full agreement, 0 what chance gives; missing if both always say one thing
        - `kappa_low` (float64): lower end of kappa's 95 % interval
        - `kappa_high` (float64): upper end of kappa's 95 % interval
        - `both_pass` (int64): answers that both accept
        - `both_fail` (int64): answers that both refuse
        - `wrongly_passed` (int64): answers that only the judge accepts
        - `wrongly_failed` (int64): answers that only people accept

    Raises:
        ValueError: An index with an answer twice, a verdict other than true and false, or no answer that both judged.

    Example:
        >>> judge_agreement(verdicts["judge"], verdicts["people"], by=verdicts["kind"])
    """
    for name, verdicts in (("judge", judge), ("people", people)):
        if verdicts.index.has_duplicates:
            raise ValueError(f"{name} has an answer twice in its index: give one verdict per answer")
        if not verdicts.dropna().isin([True, False]).all():
            raise ValueError(f"{name} has verdicts other than True and False (or 1 and 0)")
    both = pd.DataFrame({"judge": judge, "people": people}).dropna().astype(bool)
    if both.empty:
        raise ValueError("No answer was judged by both: see whether the two have the same index")
    rows = [_row(ALL, both)]
    if by is not None:
        groups = by.reindex(both.index).astype("object").fillna("none").astype(str)
        rows += [_row(str(group), part) for group, part in both.groupby(groups, sort=True)]
    return AGREEMENT.frame(rows)


def _row(group: str, both: pd.DataFrame) -> dict[str, Any]:
    verdicts = both.to_numpy(dtype="float64")
    judge, people = verdicts[:, 0] == 1, verdicts[:, 1] == 1
    low, high = bootstrap_interval(verdicts, _kappa)
    return {
        "group": group,
        "answers": len(both),
        "agreed": float((judge == people).mean()),
        "kappa": float(_kappa(verdicts[None])[0]),
        "kappa_low": low,
        "kappa_high": high,
        "both_pass": int((judge & people).sum()),
        "both_fail": int((~judge & ~people).sum()),
        "wrongly_passed": int((judge & ~people).sum()),
        "wrongly_failed": int((~judge & people).sum()),
    }


def _kappa(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cohen's kappa of each draw, of shape (draws, answers, 2); missing where both always say the same one thing."""
    judge, people = drawn[..., 0], drawn[..., 1]
    agreed = (judge == people).mean(axis=1)
    passes, accepted = judge.mean(axis=1), people.mean(axis=1)
    chance = passes * accepted + (1 - passes) * (1 - accepted)
    kappa: NDArray[np.float64] = np.full(len(drawn), np.nan)
    np.divide(agreed - chance, 1 - chance, out=kappa, where=chance < 1)
    return kappa
