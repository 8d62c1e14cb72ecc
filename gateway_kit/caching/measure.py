"""Labelled pairs, sent through a real gateway with a semantic cache."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
    """What the gateway did with each pair: `first` is asked and kept, then `second` is asked, and not kept.

    column      dtype    meaning
    hit         bool     `second` was answered with what was kept for `first`
    similarity  float64  as the gateway reports it; missing where it did not hit, since it then reports 0

    Rows as in `pairs`, with its index. Each first question has a compartment of the cache for itself, so that a second
    one meets its partner only. `guard` gives a question's namespace, as `guard_namespace` does; questions of different
    namespaces do not meet. The model is asked for an empty tool call: here only who answered counts, and none is
    answered faster. Raises GatewayError, and CacheError where the cache keeps nothing.
    """
    import pandas as pd

    run = uuid.uuid4().hex[:12]

    def ask(number: int, question: str, **more: Any) -> tuple[bool, float | None]:
        compartment = f"{run}-{number}" + (f"-{_short(guard(question))}" if guard else "")
        controls = cache_controls(namespace=compartment, **more)
        call = gateway.ask(question, model, **_EMPTY_TOOL_CALL, **controls).call
        return call.cache_hit, call.similarity

    numbers, firsts = pd.factorize(pairs["first"])
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(partial(ask, ttl_s=_KEPT_S), range(len(firsts)), firsts))
        gateway.search_index.wait_for_entries(len(firsts), run)
        found = list(pool.map(partial(ask, no_store=True), numbers, pairs["second"]))
    frame = pd.DataFrame(found, columns=["hit", "similarity"], index=pairs.index)
    return frame.astype({"hit": "bool", "similarity": "float64"})


def _short(namespace: str) -> str:
    """As good a name as the namespace, with room for more: one has at most 100 characters."""
    return hashlib.sha256(namespace.encode()).hexdigest()[:16]
