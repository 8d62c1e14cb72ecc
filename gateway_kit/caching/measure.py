"""Labelled pairs, sent through a real gateway with a semantic cache."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from gateway_kit.caching.controls import cache_controls
from gateway_kit.gateway import Gateway

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.caching.semantic import SemanticGateway

_TOOL = {"type": "function", "function": {"name": "done", "parameters": {"type": "object", "properties": {}}}}
_EMPTY_TOOL_CALL: dict[str, Any] = {"tools": [_TOOL], "tool_choice": "required"}

# The first questions' answers have to be there until the last second question was asked.
_KEPT_S = 600


def similarities(gateway: Gateway, pairs: pd.DataFrame, model: str = "local-embed") -> pd.Series[float]:
    """The cosine similarity of each pair's two questions, by an embedding model of the gateway's."""
    import pandas as pd

    texts = sorted({*pairs["first"], *pairs["second"]})
    vectors = gateway.embed(texts, model)
    at = dict(zip(texts, vectors, strict=True))
    found = [
        float(at[a] @ at[b] / ((at[a] @ at[a]) * (at[b] @ at[b])) ** 0.5)
        for a, b in zip(pairs["first"], pairs["second"], strict=True)
    ]
    return pd.Series(found, index=pairs.index, dtype="float64", name="similarity")


def ask_pairs(
    gateway: SemanticGateway,
    pairs: pd.DataFrame,
    model: str = "gpt-4o-mini",
    *,
    guard: Callable[[str], str] | None = None,
    concurrency: int = 8,
) -> pd.DataFrame:
    """What the gateway did with each pair: `first` is asked and kept, then `second` is asked.

    column      dtype    meaning
    hit         bool     `second` was answered with what was kept for `first`
    similarity  float64  as the gateway reports it; missing where it did not hit, since it then reports 0

    Rows as in `pairs`, with its index. Each pair has a compartment of the cache for itself, so that a question meets
    its partner only. `guard` gives a question's namespace, as `guard_namespace` does; questions of different
    namespaces do not meet. The model is asked for an empty tool call: here only who answered counts, and none is
    answered faster. Raises GatewayError, and CacheError where the cache keeps nothing.
    """
    import pandas as pd

    run = uuid.uuid4().hex[:12]

    def ask(number: int, question: str) -> tuple[bool, float | None]:
        compartment = f"{run}-{number}" + (f"-{_short(guard(question))}" if guard else "")
        controls = cache_controls(namespace=compartment, ttl_s=_KEPT_S)
        call = gateway.ask(question, model, **_EMPTY_TOOL_CALL, **controls).call
        return call.cache_hit, call.similarity

    numbers = range(len(pairs))
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(ask, numbers, pairs["first"]))
        gateway.search_index.wait_for_entries(len(pairs), run)
        found = list(pool.map(ask, numbers, pairs["second"]))
    frame = pd.DataFrame(found, columns=["hit", "similarity"], index=pairs.index)
    return frame.astype({"hit": "bool", "similarity": "float64"})


def _short(namespace: str) -> str:
    """As good a name as the namespace, with room for more: one has at most 100 characters."""
    return hashlib.sha256(namespace.encode()).hexdigest()[:16]
