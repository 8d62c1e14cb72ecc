"""Pairs of questions, embedded, and sent through a gateway with a semantic cache. Internal."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from gateway_kit.caching.controls import controls

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.caching.index import SemanticIndex


_TOOL = {"type": "function", "function": {"name": "done", "parameters": {"type": "object", "properties": {}}}}
_EMPTY_TOOL_CALL: dict[str, Any] = {"tools": [_TOOL], "tool_choice": "required"}

# The answers to the first questions must last until the last second question was asked.
_KEPT_S = 600


class Asks(Protocol):
    """What a study needs of a gateway: it asks models and embeds texts, and it has a cache."""

    # The room of gateways is above this one: it makes a cache for each gateway.

    @property
    def cache(self) -> Any:
        """A Cache, or a SemanticCache."""

    def ask(self, prompt: Any, model: str = ..., **params: Any) -> Any:
        """An Answer."""

    def embed(self, texts: Any, model: str = ...) -> Any:
        """An array with one vector per text."""


def similarities(gateway: Asks, pairs: pd.DataFrame, model: str = "local-embed") -> pd.Series[float]:
    """The cosine similarity of each pair's two questions, by an embedding model of the gateway's."""
    import pandas as pd

    texts = sorted({*pairs["first"], *pairs["second"]})
    vectors = gateway.embed(texts, model)
    at = dict(zip(texts, vectors, strict=True))
    cosines = [
        float(at[a] @ at[b] / ((at[a] @ at[a]) * (at[b] @ at[b])) ** 0.5)
        for a, b in zip(pairs["first"], pairs["second"], strict=True)
    ]
    return pd.Series(cosines, index=pairs.index, dtype="float64", name="similarity")


def ask_pairs(
    gateway: Asks,
    index: SemanticIndex,
    pairs: pd.DataFrame,
    model: str = "gpt-4o-mini",
    *,
    guard: Callable[[str], str] | None = None,
    concurrency: int = 8,
) -> pd.DataFrame:
    """What the gateway does with each pair; see `SemanticStudy.ask`.

    `guard` gives the namespace of a question; questions of different namespaces do not meet.
    """
    import pandas as pd

    run = uuid.uuid4().hex[:12]

    def ask(number: int, question: str, **options: Any) -> tuple[bool, float | None]:
        namespace = f"{run}-{number}" + (f"-{_short(guard(question))}" if guard else "")
        request = controls(namespace=namespace, **options)
        call = gateway.ask(question, model, **_EMPTY_TOOL_CALL, **request).call
        return call.cache_hit, call.similarity

    numbers, firsts = pd.factorize(pairs["first"])
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        list(pool.map(partial(ask, ttl_s=_KEPT_S), range(len(firsts)), firsts))
        index.wait_for_entries(len(firsts), run)
        asked = list(pool.map(partial(ask, no_store=True), numbers, pairs["second"]))
    frame = pd.DataFrame(asked, columns=["hit", "similarity"], index=pairs.index)
    return frame.astype({"hit": "bool", "similarity": "float64"})


def _short(namespace: str) -> str:
    """A short name for a namespace, which may already have the full 100 characters."""
    return hashlib.sha256(namespace.encode()).hexdigest()[:16]
