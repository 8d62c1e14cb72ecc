"""Calls that a log has once for each attempt: the last attempt counts, within a part of the log."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from gateway_kit.rehearsal.traffic.reading import Fields, Reading

# The attempts of a call lie next to each other but for what other calls wrote meanwhile.
_WITHIN = 500

Item = tuple[str, Fields]


class _Held:
    """A call that waits; without an item once a later attempt took its place."""

    def __init__(self, item: Item, call_id: str | None) -> None:
        self.item: Item | None = item
        self.waits_for = call_id


def last_attempts(calls: Iterator[Item], reading: Reading) -> Iterator[Item]:
    """The calls, each once, in their order. Records without a `call_id` pass.

    A failed attempt is held back for a while, with all that follows it, since an answer may come. LiteLLM's exports
    have the newest first, so the answer may come before its failed attempts, too.
    """
    queue: deque[_Held] = deque()
    failed: dict[str, _Held] = {}
    answered: OrderedDict[str, None] = OrderedDict()
    for item in calls:
        call_id = item[1].pop("call_id", None)
        if call_id is not None:
            if call_id in answered:
                reading.left_out["earlier attempt"] += 1
                continue
            earlier = failed.pop(call_id, None)
            if earlier is not None:
                reading.left_out["earlier attempt"] += 1
                if _failed(item):
                    # Of failed attempts, too, the last one counts; in place of the first, so that the order stays.
                    earlier.item = max(earlier.item or item, item, key=_time)
                    failed[call_id] = earlier
                    continue
                earlier.item = earlier.waits_for = None
            if _failed(item):
                failed[call_id] = held = _Held(item, call_id)
                queue.append(held)
            else:
                answered[call_id] = None
                if len(answered) > _WITHIN:
                    answered.popitem(last=False)
        if call_id is None or not _failed(item):
            if not queue:
                yield item
                continue
            queue.append(_Held(item, None))
        while queue and (queue[0].waits_for is None or len(queue) > _WITHIN):
            held = queue.popleft()
            if held.waits_for is not None:
                failed.pop(held.waits_for, None)
            if held.item is not None:
                yield held.item
    yield from (held.item for held in queue if held.item is not None)


def _failed(item: Item) -> bool:
    return (item[1].get("status") or 200) >= 400


def _time(item: Item) -> float:
    return item[1].get("at") or 0.0
