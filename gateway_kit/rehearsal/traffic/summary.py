"""What a traffic file holds, counted while it is read once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from gateway_kit.rehearsal.traffic.reading import Fields, Reading

# So many different names are counted each by itself; later ones together.
_NAMES = 1000
_HAVING = ("body", "prompt_tokens", "completion_tokens", "latency_s", "ttft_s", "cost_usd")
OTHERS = "(others)"


class Counts:
    """Figures of all calls; its space does not grow with their number."""

    def __init__(self) -> None:
        self.calls = 0
        self.first: float | None = None
        self.last: float | None = None
        self.in_order = True
        self.without_time = 0
        self.having: Counter[str] = Counter()
        self.formats: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.teams: Counter[str] = Counter()
        self.users: Counter[str] = Counter()
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.cost_usd = 0.0

    def add(self, fields: Fields, shape: str) -> None:
        """Count one call."""
        self.calls += 1
        self.formats[shape] += 1
        self.kinds[fields["kind"]] += 1
        _count(self.models, fields["model"])
        for counter, name in ((self.keys, "key"), (self.teams, "team"), (self.users, "user")):
            value = fields.get(name)
            if value is not None:
                _count(counter, value)
        having = self.having
        for name in _HAVING:
            if fields.get(name) is not None:
                having[name] += 1
        if fields["stream"]:
            having["stream"] += 1
        if fields.get("cache_hit"):
            having["cache_hit"] += 1
        status = fields.get("status")
        if status >= 400 if status is not None else fields.get("error") is not None:
            having["failed"] += 1
        self.cost_usd += fields.get("cost_usd") or 0.0
        self.prompt_tokens += fields.get("prompt_tokens") or 0
        self.completion_tokens += fields.get("completion_tokens") or 0
        self._add_time(fields["at"])

    def _add_time(self, at: float | None) -> None:
        if at is None:
            self.without_time += 1
            return
        if self.last is None or self.first is None:
            self.first = self.last = at
        elif at >= self.last:
            self.last = at
        else:
            self.in_order = False
            self.first = min(self.first, at)

    def summary(self, name: str, reading: Reading) -> dict[str, Any]:
        """The figures under the names that a report knows; all of it can be written as JSON."""
        span = None if self.first is None or self.last is None else self.last - self.first
        return {
            "name": name,
            "format": ", ".join(shape for shape, _ in self.formats.most_common()),
            "calls": self.calls,
            "first": _text(self.first),
            "last": _text(self.last),
            "span_s": span,
            "in_order": self.in_order,
            "without_time": self.without_time,
            "kinds": dict(self.kinds.most_common()),
            "models": dict(self.models.most_common()),
            "keys": dict(self.keys.most_common()),
            "teams": dict(self.teams.most_common()),
            "users": len(self.users),
            "streams": self.having["stream"],
            "failed": self.having["failed"],
            "cache_hits": self.having["cache_hit"],
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost_usd": self.cost_usd if self.having["cost_usd"] else None,
            "with_texts": self.having["body"],
            "with_tokens": self.having["prompt_tokens"],
            "with_latency": self.having["latency_s"],
            "with_ttft": self.having["ttft_s"],
            "with_cost": self.having["cost_usd"],
            "has_texts": self.having["body"] > 0,
            "has_tokens": self.having["prompt_tokens"] > 0,
            "has_latency": self.having["latency_s"] > 0,
            "has_cost": self.having["cost_usd"] > 0,
            "skipped": reading.problems.skipped,
            "problems": dict(reading.problems.counts.most_common()),
            "shown_problems": [
                {"line": problem.line, "kind": problem.kind, "why": problem.why, "skipped": problem.skipped}
                for problem in reading.problems.shown
            ],
            "left_out": dict(reading.left_out.most_common()),
        }


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < _NAMES else OTHERS] += 1


def _text(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
