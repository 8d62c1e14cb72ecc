"""What differs between experiments: per score, per group of items, and per item."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway_kit.stack.servers.tracestore.pages.experiment_items import Item, ItemScore

FEWEST_PAIRS = 10  # for an interval, as in gateway_kit.metrics
ALL = ""  # the group of all items
WITHOUT = "(none)"  # the group of items without the key

By = Mapping[str, Mapping[str, Item]]  # experiment -> item -> what it has


def by_experiment(items: Iterable[Item]) -> dict[str, dict[str, Item]]:
    """By experiment and item. Of an item that ran twice in one experiment, the first given stands: the latest."""
    result: dict[str, dict[str, Item]] = {}
    for item in items:
        result.setdefault(item.experiment_id, {}).setdefault(item.item_id, item)
    return result


class Totals(NamedTuple):
    """Of all items of an experiment; None where nothing is known."""

    items: int
    failed: int
    start_time: datetime | None
    p50_ms: float | None
    p95_ms: float | None
    cost_usd: float | None
    judging_usd: float | None


def totals(items: Sequence[Item]) -> Totals:
    """The sums and percentiles."""
    times = [item.latency_ms for item in items if item.latency_ms is not None]
    # Between two values, as PostgreSQL's percentile_cont has it in the list.
    places = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return Totals(
        len(items), sum(item.has_failed for item in items), min((item.start_time for item in items), default=None),
        places[9] if places else None, places[18] if places else None,
        _total(item.cost_usd for item in items), _total(item.judging_usd for item in items),
    )  # fmt: skip


def _total(amounts: Iterable[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return math.fsum(known) if known else None


class Difference(NamedTuple):
    """Of the items that two experiments have a score for: means, the mean change, and its 95 % interval."""

    pairs: int
    before: float
    after: float
    change: float
    low: float | None
    high: float | None
    higher: int
    lower: int

    @property
    def verdict(self) -> str:
        """In words, as `gateway_kit.metrics.compare_experiments` has it."""
        if self.low is None or self.high is None:
            return "too few items"
        if self.low <= 0 <= self.high:
            return "no difference can be told"
        return "higher" if self.change > 0 else "lower"


def difference(pairs: Sequence[tuple[float, float]]) -> Difference | None:
    """The paired difference; None without pairs."""
    n = len(pairs)
    if not n:
        return None
    changes = [after - before for before, after in pairs]
    mean = math.fsum(changes) / n
    low = high = None
    if n >= FEWEST_PAIRS:
        variance = math.fsum((change - mean) ** 2 for change in changes) / (n - 1)
        half = _quantile(n - 1) * math.sqrt(variance / n)
        low, high = mean - half, mean + half
    return Difference(
        n, math.fsum(before for before, _ in pairs) / n, math.fsum(after for _, after in pairs) / n, mean, low, high,
        sum(change > 0 for change in changes), sum(change < 0 for change in changes),
    )  # fmt: skip


def _quantile(freedom: int) -> float:
    """Student's t at 97.5 %, by Cornish and Fisher's expansion; within 0.001 from 9 degrees of freedom on."""
    z = 1.959963984540054
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


class Sum(NamedTuple):
    """A score over the items of an experiment: the mean of numbers, else how often each text was given."""

    items: int
    mean: float | None
    texts: str


@dataclass(frozen=True)
class ScoreRow:
    """A score of one experiment over all items or a group, and of the baseline if it is not that itself."""

    score: str
    group: str
    experiment_id: str
    own: Sum
    base: Sum | None
    difference: Difference | None


def score_names(items: Iterable[Item]) -> list[str]:
    """The names of all scores."""
    return sorted({name for item in items for name in item.scores})


def rows_of(by: By, ids: Sequence[str], score: str, group: str = ALL, key: str = "") -> list[ScoreRow]:
    """A row for each experiment but the baseline, `ids[0]`, where one of the two has the score; or for a single one."""
    given = {
        one: {
            item_id: item.scores[score]
            for item_id, item in by.get(one, {}).items()
            if score in item.scores and is_in(item, key, group)
        }
        for one in ids
    }
    base = given[ids[0]]
    if len(ids) == 1:
        return [ScoreRow(score, group, ids[0], _sum(base), None, None)] if base else []
    return [
        ScoreRow(score, group, one, _sum(given[one]), _sum(base), difference(_pairs(base, given[one])))
        for one in ids[1:]
        if base or given[one]
    ]


def _sum(given: Mapping[str, ItemScore]) -> Sum:
    values = [score.value for score in given.values() if score.value is not None]
    texts = Counter(score.text for score in given.values() if score.text)
    said = ", ".join(f"{text} {count}" for text, count in texts.most_common(5))
    return Sum(len(given), math.fsum(values) / len(values) if values else None, said)


def _pairs(before: Mapping[str, ItemScore], after: Mapping[str, ItemScore]) -> list[tuple[float, float]]:
    """The numbers of the items that both have one for."""
    both = ((before[item_id].value, score.value) for item_id, score in after.items() if item_id in before)
    return [(first, second) for first, second in both if first is not None and second is not None]


def is_in(item: Item, key: str, group: str) -> bool:
    """Whether the item is of a group, a value of a key of its metadata."""
    return group == ALL or (item.metadata.get(key) or WITHOUT) == group


def group_keys(items: Iterable[Item]) -> dict[str, list[str]]:
    """Keys of the metadata that make groups, with their values: at least two, and two items each on average.

    The key with the fewest values is first.
    """
    values: dict[str, Counter[str]] = {}
    for metadata in {item.item_id: item.metadata for item in items}.values():
        for key, value in metadata.items():
            values.setdefault(key, Counter())[value] += 1
    groups = {
        key: sorted(counts)
        for key, counts in values.items()
        if 2 <= len(counts) <= min(50, max(2, counts.total() // 2))
    }
    return dict(sorted(groups.items(), key=lambda group: (len(group[1]), group[0])))


def _value(item: Item | None, score: str) -> float | None:
    return item.scores[score].value if item is not None and score in item.scores else None


@dataclass(frozen=True)
class Compared:
    """An item in each of the experiments, in their order; None where an experiment lacks it."""

    item_id: str
    sides: list[Item | None]
    changes: list[float | None]  # of the score, to the baseline
    is_other_text: bool  # a text that is not the baseline's

    @property
    def any_side(self) -> Item:
        """The item where it is there; the texts of its data are the same."""
        return next(side for side in self.sides if side is not None)


def compared_items(by: By, ids: Sequence[str], score: str) -> list[Compared]:
    """All items of the experiments."""
    result = []
    for item_id in dict.fromkeys(item_id for one in ids for item_id in by.get(one, {})):
        sides = [by.get(one, {}).get(item_id) for one in ids]
        base = _value(sides[0], score)
        values = [_value(side, score) for side in sides[1:]]
        changes = [None if base is None or value is None else value - base for value in values]
        said = [side.scores[score].text for side in sides if side is not None and score in side.scores]
        result.append(Compared(item_id, sides, changes, len(set(said)) > 1))
    return result
