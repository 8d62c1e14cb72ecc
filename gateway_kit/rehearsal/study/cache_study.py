"""A semantic cache under study, with one's own prompts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.common.tables import Column, Table
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study.labels import Labels
from gateway_kit.rehearsal.study.precision import LabelledPair, hit_rates, verdict, what_pays
from gateway_kit.rehearsal.study.tally import Tally

if TYPE_CHECKING:
    import pandas as pd

STUDY_FILE, LABELS_FILE = "study.json", "labels.jsonl"
PAIRS_TO_LABEL = Table(
    Column("id", "string", "of the two texts: the same in each study that finds them"),
    Column("first", "string", "the question whose answer was kept"),
    Column("second", "string", "the later question that would get this answer"),
    Column("context", "int64", "characters before both questions that are the same, and not shown"),
    Column("similarity", "float64", "cosine of the angle between the vectors of the two texts"),
    Column("calls", "int64", "calls of the log that it decides, at the threshold where they are most"),
    Column("same", "boolean", "the label: the answer to the first is right for the second; missing without"),
)

BY_CUSTOMER = Table(
    Column("customer", "string", "the key's alias, else its team; with the end user where users are apart"),
    Column("calls", "int64", "calls of the log that a cache could have answered"),
    Column("exact_cache_hits", "int64", "calls that an exact cache would have answered"),
    Column("exact_hits", "int64", "calls answered by what was kept for the very same text"),
    Column("near_hits", "int64", "calls answered by what was kept for another text"),
    Column("hit_rate", "float64", "exact and near hits, as a share of the calls"),
)


class CacheStudy:
    """What a semantic cache would have done with a log, at which threshold, and what that pays.

    `pairs` are labelled by a person: in the panel `widgets.PairLabels(study)`, or with `labels`. They are kept in the
    study's folder, so that `CacheStudy.read(folder)` goes on where an earlier program stopped.

    Example:
        >>> study = study_cache("calls.jsonl", out="out/cache-study")
        >>> study.labels.set(study.pairs["id"][0], True)
        >>> study.verdict(wrong_usd=0.05)
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.folder, self._facts = folder, facts
        self.settings: Mapping[str, Any] = facts["settings"]
        self.thresholds_studied: tuple[float, ...] = tuple(facts["settings"]["thresholds"])
        self.notes: tuple[str, ...] = tuple(facts["notes"])
        self.texts = int(facts["texts"])
        self.labels = Labels(folder / LABELS_FILE)
        sums = {name: np.array(values, dtype="float64") for name, values in facts["tally"].items()}
        self._tally = Tally(**sums)

    @classmethod
    def read(cls, folder: str | Path) -> CacheStudy:
        """The study that was written to a folder. Raises RehearsalError if it has none."""
        path = Path(folder) / STUDY_FILE
        try:
            return cls(Path(folder), json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise RehearsalError(
                f"{path} is no study of a cache: {exc}. "
                f"Make one with: gateway-kit rehearse-cache TRAFFIC --out {folder}"
            ) from exc

    def __repr__(self) -> str:
        return (
            f"<study of a semantic cache: {self._tally.calls[0]:,.0f} calls, {self.texts:,} texts, "
            f"{len(self.labels)} of {len(self._facts['pairs'])} pairs labelled>"
        )

    @property
    def hit_rates(self) -> pd.DataFrame:
        """What the cache would have answered, right or wrong.

        Returns:
            One row per threshold.

                - `threshold` (float64): the least cosine similarity at which the kept answer is taken
                - `calls` (int64): calls of the log that a cache could have answered
                - `exact_hits` (int64): calls answered by what was kept for the very same text
                - `near_hits` (int64): calls answered by what was kept for another text
                - `hit_rate` (float64): both, as a share of the calls
                - `saved_usd` (float64): US dollars that these hits would have saved, right or wrong
                - `saved_s` (float64): seconds that these hits would have saved, all calls together
        """
        return hit_rates(self._tally, self.thresholds_studied)

    @property
    def exact_cache(self) -> dict[str, float]:
        """The `hits`, `hit_rate`, `saved_usd` and `saved_s` of an exact cache with the same scopes and TTL."""
        hits, usd, seconds = map(float, self._tally.plain)
        return {
            "hits": hits,
            "hit_rate": hits / self._tally.calls[0],
            "saved_usd": usd,
            "saved_s": seconds,
        }

    @property
    def pairs(self) -> pd.DataFrame:
        """The pairs to label, from between each two thresholds in turn, the frequent ones first.

        Returns:
            One row per pair.

                - `id` (string): of the two texts: the same in each study that finds them
                - `first` (string): the question whose answer was kept
                - `second` (string): the later question that would get this answer
                - `context` (int64): characters before both questions that are the same, and not shown
                - `similarity` (float64): cosine of the angle between the vectors of the two texts
                - `calls` (int64): calls of the log that it decides, at the threshold where they are most
                - `same` (boolean): the label: the answer to the first is right for the second; missing without
        """
        rows = ({**pair, "same": self.labels.get(pair["id"])} for pair in self._facts["pairs"])
        return PAIRS_TO_LABEL.frame({name: row[name] for name in PAIRS_TO_LABEL.columns} for row in rows)

    def by_customer(self, threshold: float) -> pd.DataFrame:
        """The hits of each customer at one of the thresholds: of the 50 with most calls.

        Returns:
            One row per customer, most calls first.

                - `customer` (string): the key's alias, else its team; with the end user where users are apart
                - `calls` (int64): calls of the log that a cache could have answered
                - `exact_cache_hits` (int64): calls that an exact cache would have answered
                - `exact_hits` (int64): calls answered by what was kept for the very same text
                - `near_hits` (int64): calls answered by what was kept for another text
                - `hit_rate` (float64): exact and near hits, as a share of the calls

        Raises:
            ValueError: the threshold was not studied.
        """
        if threshold not in self.thresholds_studied:
            known = ", ".join(f"{level:g}" for level in self.thresholds_studied)
            raise ValueError(f"threshold={threshold!r} was not studied. Choose one of {known}")
        level = self.thresholds_studied.index(threshold)
        rows = []
        for row in self._facts["customers"]:
            exact, near = row["exact_hits"][level], row["near_hits"][level]
            hit_rate = (exact + near) / row["calls"]
            rows.append({**row, "exact_hits": exact, "near_hits": near, "hit_rate": hit_rate})
        return BY_CUSTOMER.frame(rows)

    def thresholds(self, *, wrong_usd: float = 0.05, question_usd: float = 0.0) -> pd.DataFrame:
        """What each threshold pays, from the labels so far.

        Args:
            wrong_usd: what a wrong answer costs, in US dollars.
            question_usd: what embedding one question costs, in US dollars; 0 for a model of one's own.

        Returns:
            One row per threshold.

                - `threshold` (float64): the least cosine similarity at which the kept answer is taken
                - `calls` (int64): calls of the log that a cache could have answered
                - `exact_hits` (int64): calls answered by what was kept for the very same text
                - `near_hits` (int64): calls answered by what was kept for another text
                - `hit_rate` (float64): both, as a share of the calls
                - `saved_usd` (float64): US dollars that these hits would have saved, right or wrong
                - `saved_s` (float64): seconds that these hits would have saved, all calls together
                - `labels` (int64): labelled pairs that are at least so similar
                - `precision` (float64): share of right answers among the near hits; missing without a label
                - `precision_low` (float64): lower end of its 95 % interval
                - `precision_high` (float64): upper end of its 95 % interval
                - `wrong_hits` (float64): near hits whose answer is wrong; missing without a label
                - `net_usd` (float64): US dollars more than an exact cache saves, less what wrong answers cost
                - `net_low_usd` (float64): lower end of its 95 % interval
                - `net_high_usd` (float64): upper end of its 95 % interval

        Raises:
            ValueError: a price is invalid.
        """
        labelled = [
            LabelledPair(pair["band"], same, np.array(pair["worth"], dtype="float64"))
            for pair in self._facts["pairs"]
            if (same := self.labels.get(pair["id"])) is not None
        ]
        return what_pays(
            self._tally,
            self.thresholds_studied,
            labelled,
            wrong_usd=wrong_usd,
            question_usd=question_usd,
            seed=self.settings["seed"],
        )

    def verdict(self, *, wrong_usd: float = 0.05, question_usd: float = 0.0) -> str:
        """The threshold that pays, or that none does, as sentences."""
        return verdict(self.thresholds(wrong_usd=wrong_usd, question_usd=question_usd), wrong_usd)
