"""What differs between experiments: per score, per group of items, and per item."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway_kit.stack.servers.tracestore.pages.experiment_items import Item

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


@dataclass(frozen=True)
class ScoreRow:
    """A score of one experiment over all items or a group; `difference` is to the baseline."""

    score: str
    group: str
    experiment_id: str
    items: int
    mean: float | None  # None: the values are texts
    texts: str
    difference: Difference | None


def score_names(items: Iterable[Item]) -> list[str]:
    """The names of all scores."""
    return sorted({name for item in items for name in item.scores})


def rows_of(by: By, ids: Sequence[str], score: str, group: str = ALL, key: str = "") -> list[ScoreRow]:
    """A row for each experiment that has the score; `ids[0]` is the baseline."""
    rows = []
    chosen = {
        one: {item_id: item for item_id, item in by.get(one, {}).items() if is_in(item, key, group)}
        for one in ids
    }
    for one in ids:
        own = {item_id: item.scores[score] for item_id, item in chosen[one].items() if score in item.scores}
        if not own:
            continue
        values = [value for value, _, _ in own.values() if value is not None]
        texts = Counter(text for _, text, _ in own.values() if text)
        compared = None
        if one != ids[0]:
            base = chosen[ids[0]]
            compared = difference([
                (before, after) for item_id, (after, _, _) in own.items()
                if after is not None and item_id in base
                and (before := _value(base[item_id], score)) is not None
            ])  # fmt: skip
        mean = math.fsum(values) / len(values) if values else None
        said = ", ".join(f"{text} {count}" for text, count in texts.most_common(5))
        rows.append(ScoreRow(score, group, one, len(own), mean, said, compared))
    return rows


def is_in(item: Item, key: str, group: str) -> bool:
    """Whether the item is of a group, a value of a key of its metadata."""
    return group == ALL or (item.metadata.get(key) or WITHOUT) == group


def group_keys(items: Iterable[Item]) -> dict[str, list[str]]:
    """Keys of the metadata that make groups, with their values: at least two, and not one for each item or so."""
    values: dict[str, Counter[str]] = {}
    for item in items:
        for key, value in item.metadata.items():
            values.setdefault(key, Counter())[value] += 1
    return {
        key: sorted(counts) for key, counts in sorted(values.items())
        if 2 <= len(counts) <= min(50, max(2, sum(counts.values()) // 2))
    }  # fmt: skip


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
