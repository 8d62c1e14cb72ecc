"""A made-up log of a help desk, and vectors whose similarities are known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gateway_kit.rehearsal.call import LoggedCall


def call(text: str, number: int = 0, **fields: Any) -> LoggedCall:
    """A chat call with one user text."""
    defaults: dict[str, Any] = {
        "number": number,
        "line": number + 1,
        "at": 1_000_000.0 + 60 * number,
        "kind": "chat",
        "model": "gpt-4o-mini",
        "body": {"messages": [{"role": "user", "content": text}]},
        "latency_s": 1.0,
        "cost_usd": 0.002,
        "status": 200,
    }
    return LoggedCall(**{**defaults, **fields})


@dataclass
class Log:
    """A traffic of calls in memory."""

    made: Sequence[LoggedCall]
    reads: int = field(default=0)

    def calls(self) -> Iterator[LoggedCall]:
        self.reads += 1
        return iter(self.made)


def log(*texts: str, **fields: Any) -> Log:
    return Log([call(text, number, **fields) for number, text in enumerate(texts)])


class Embedder:
    """Texts of one topic (`refund 0.9 …`) are as similar to the topic itself as their number says."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Any:
        self.batches.append(list(texts))
        return np.array([self.vector(text) for text in texts])

    def vector(self, text: str) -> Any:
        topic, _, rest = text.partition(" ")
        found = re.match(r"[01]\.\d+", rest)
        if not found:
            return 3 * _direction(text)
        alike, topics, own = float(found[0]), _direction(topic), _direction(text)
        own -= (own @ topics) * topics  # at a right angle, so that the similarity is exactly that
        own /= np.linalg.norm(own)
        return 3 * (alike * topics + (1 - alike**2) ** 0.5 * own)


def _direction(text: str) -> Any:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=2048)
    return vector / np.linalg.norm(vector)
