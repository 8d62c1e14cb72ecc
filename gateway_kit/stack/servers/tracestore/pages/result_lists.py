"""Which items of experiments a page shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from gateway_kit.stack.servers.tracestore.pages.comparison import Compared, is_in

DIRECTIONS = {"higher": "higher is better", "lower": "lower is better"}
# With one experiment, and with several.
ORDERS_OF_ONE = {
    "worst": "worst score first", "best": "best score first", "slowest": "slowest first", "dearest": "dearest first",
    "item": "by item",
}  # fmt: skip
ORDERS = {
    "worse": "what got worse first", "better": "what got better first", "changed": "what changed most first",
    "item": "by item",
}  # fmt: skip
SHOWN_OF_ONE = {"all": "all items", "failed": "failed ones"}
SHOWN = {
    "all": "all items", "worse": "what got worse", "better": "what got better", "same": "what stayed the same",
    "failed": "failed ones", "missing": "what an experiment lacks",
}  # fmt: skip


def chosen_items(
    items: Sequence[Compared], *, key: str, value: str, shown: str, order: str, score: str, direction: str
) -> list[Compared]:
    """The items of a group that are asked for, in order."""
    sign = -1 if direction == "lower" else 1
    kept = [item for item in items if not value or is_in(item.any_side, key, value)]
    kept = [item for item in kept if _is_shown(item, shown, sign)]
    kept.sort(key=lambda item: item.item_id)
    kept.sort(key=lambda item: _place(item, order, score, sign))
    return kept


def _is_shown(item: Compared, shown: str, sign: int) -> bool:
    changes = [change * sign for change in item.changes if change is not None]
    return {
        "worse": any(change < 0 for change in changes),
        "better": any(change > 0 for change in changes),
        "same": bool(changes) and not any(changes) and not item.is_other_text,
        "failed": any(side is not None and side.has_failed for side in item.sides),
        "missing": None in item.sides,
    }.get(shown, True)


def _place(item: Compared, order: str, score: str, sign: int) -> float:
    """Where it stands: the smallest first; items without a number last."""
    changes = [change * sign for change in item.changes if change is not None]
    side = item.any_side
    value = side.scores[score].value if score in side.scores else None
    numbers = {
        "worse": min(changes, default=None),
        "better": -max(changes) if changes else None,
        "changed": -max(map(abs, changes)) if changes else (0.0 if item.is_other_text else None),
        "worst": None if value is None else sign * value,
        "best": None if value is None else -sign * value,
        "slowest": None if side.latency_ms is None else -side.latency_ms,
        "dearest": None if side.cost_usd is None else -side.cost_usd,
        "item": 0.0,
    }
    number = numbers[order]
    return float("inf") if number is None or number != number else number
