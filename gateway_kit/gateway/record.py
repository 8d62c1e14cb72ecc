"""`gateway.calls`: the record of every request that goes through the client, one row per request."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table

if TYPE_CHECKING:
    import pandas as pd

# Rows kept; the oldest go first. A lesson makes hundreds, a load test thousands.
DEFAULT_CAPACITY = 20_000

CALLS = Table(
    Column("started", TIME, "when the request left"),
    Column("kind", "string", "chat, embeddings, completions, responses, messages, …"),
    Column("model", "string", "the name that was asked for"),
    Column("model_group", "string", "the name that answered: another one after a fallback"),
    Column("provider", "string", "openai, azure, anthropic, … as LiteLLM names it"),
    Column("provider_model", "string", "the provider's name of the model that answered"),
    Column("deployment", "string", "id of the deployment, as in `gateway.models.list`"),
    Column("status", "Int64", "HTTP status; missing if no answer came"),
    Column("error", "string", "short text; missing if all went well"),
    Column("stream", "bool", "was a stream asked for"),
    Column("latency_s", "float64", "seconds until the last byte"),
    Column("ttft_s", "float64", "streams: seconds until the first content"),
    Column("prompt_tokens", "Int64", "from the answer's usage; on a cache hit the first answer's again"),
    Column("completion_tokens", "Int64", "likewise"),
    Column("total_tokens", "Int64", "likewise"),
    Column(
        "cost_usd",
        "float64",
        "US dollars charged; 0 on a cache hit; missing on one of several texts",
    ),
    Column("saved_usd", "float64", "cache hits: what the answer had cost the first time"),
    Column("overhead_ms", "float64", "milliseconds that LiteLLM says it added, retries included"),
    Column("cache_hit", "bool", "the gateway's cache answered, for embeddings at least one of the texts"),
    Column("cache_key", "string", "cache hits: the entry's key in Redis, if the gateway tells"),
    Column("similarity", "float64", "hits of a semantic cache: cosine similarity of the two questions"),
    Column("retries", "Int64", "attempts after the first, on the model that answered"),
    Column("fallbacks", "Int64", "other models tried"),
    Column("key", "string", "`master`, or the last four characters of the key"),
    Column("request_id", "string", "LiteLLM's id of the call, as in its spend log"),
)

# All columns of a call; `dataclasses.asdict` copies each value and takes ten times as long.
_values = attrgetter(*CALLS.columns)


@dataclass(frozen=True)
class Call:
    """One request as it ended, with the columns of `CallRecord.frame`; None if the gateway did not say."""

    started: datetime
    kind: str
    model: str | None = None
    model_group: str | None = None
    provider: str | None = None
    provider_model: str | None = None
    deployment: str | None = None
    status: int | None = None
    error: str | None = None
    stream: bool = False
    latency_s: float | None = None
    ttft_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    saved_usd: float | None = None
    overhead_ms: float | None = None
    cache_hit: bool = False
    cache_key: str | None = None
    similarity: float | None = None
    retries: int | None = None
    fallbacks: int | None = None
    key: str | None = None
    request_id: str | None = None

    def row(self) -> pd.Series[Any]:
        """The call as a Series, indexed by column name."""
        return _frame([self]).iloc[0]

    def summary(self) -> str:
        """One line for people: who answered, how long it took, what it cost."""
        parts = [self.provider_model or self.model or self.kind]
        if self.error:
            parts.append(self.error)
        if self.latency_s is not None:
            parts.append(f"{self.latency_s:.2f} s")
        if self.total_tokens is not None:
            parts.append(f"{self.total_tokens} tokens")
        if self.cost_usd is not None:
            parts.append(f"{self.cost_usd:.7f} USD")
        if self.cache_hit:
            parts.append("from the cache")
        if self.retries:
            parts.append(f"retries: {self.retries}")
        if self.fallbacks:
            parts.append(f"fallbacks: {self.fallbacks}")
        return " · ".join(parts)


@dataclass
class Totals:
    """All calls of a record so far, forgotten ones included: how many, how many failed, and their cost."""

    calls: int = 0
    failed: int = 0
    spent_usd: float = 0.0

    def add(self, call: Call) -> None:
        """Count a call."""
        self.calls += 1
        self.failed += call.error is not None
        self.spent_usd += call.cost_usd or 0.0


class CallRecord:
    """A bounded list of calls that any thread may add to. Rows are in the order in which the calls ended.

    `totals` counts the calls that were added so far, forgotten ones included; `clears` how often it was emptied.
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=capacity)
        self.totals = Totals()
        self.clears = 0
        self._parts: list[CallRecord] = []

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __repr__(self) -> str:
        return f"<{len(self)} recorded calls; .frame() shows them>"

    def frame(self) -> pd.DataFrame:
        """The recorded calls.

        A stream that the caller left, or that broke, has an `error` and the status 200 with which it began; its cost is
        missing here, and in `gateway.spend.logs` once LiteLLM has written it. So is the cost of an embeddings call if
        one of its several texts was in the cache.

        Returns:
            One row per request, in the order in which they ended.

                - `started` (datetime64[ns, UTC]): when the request left
                - `kind` (string): chat, embeddings, completions, responses, messages, …
                - `model` (string): the name that was asked for
                - `model_group` (string): the name that answered: another one after a fallback
                - `provider` (string): openai, azure, anthropic, … as LiteLLM names it
                - `provider_model` (string): the provider's name of the model that answered
                - `deployment` (string): id of the deployment, as in `gateway.models.list`
                - `status` (Int64): HTTP status; missing if no answer came
                - `error` (string): short text; missing if all went well
                - `stream` (bool): was a stream asked for
                - `latency_s` (float64): seconds until the last byte
                - `ttft_s` (float64): streams: seconds until the first content
                - `prompt_tokens` (Int64): from the answer's usage; on a cache hit the first answer's again
                - `completion_tokens` (Int64): likewise
                - `total_tokens` (Int64): likewise
                - `cost_usd` (float64): US dollars charged; 0 on a cache hit; missing on one of several texts
                - `saved_usd` (float64): cache hits: what the answer had cost the first time
                - `overhead_ms` (float64): milliseconds that LiteLLM says it added, retries included
                - `cache_hit` (bool): the gateway's cache answered, for embeddings at least one of the texts
                - `cache_key` (string): cache hits: the entry's key in Redis, if the gateway tells
                - `similarity` (float64): hits of a semantic cache: cosine similarity of the two questions
                - `retries` (Int64): attempts after the first, on the model that answered
                - `fallbacks` (Int64): other models tried
                - `key` (string): `master`, or the last four characters of the key
                - `request_id` (string): LiteLLM's id of the call, as in its spend log
        """
        return _frame(list(self))

    def since(self, position: int) -> tuple[pd.DataFrame, int]:
        """The calls that ended after `position`, as `frame` has them, and the position now.

        seen = 0
        new, seen = calls.since(seen)   # again and again: each call once, except those forgotten in the meantime
        """
        with self._lock:
            ended = self.totals.calls
            new = min(ended - position, len(self._calls))
            calls = list(islice(self._calls, len(self._calls) - new, None))
        return _frame(calls), ended

    @property
    def last(self) -> pd.Series[Any]:
        """The row of the call that ended last; raises LookupError if nothing was recorded."""
        with self._lock:
            if not self._calls:
                raise LookupError("No call was recorded yet.")
            call = self._calls[-1]
        return call.row()

    def clear(self) -> None:
        """Forget all rows."""
        with self._lock:
            self._calls.clear()
            self.clears += 1

    @contextmanager
    def recording(self) -> Iterator[CallRecord]:
        """A second record, of the calls that begin inside the block: `with calls.recording() as part:`.

        A stream that begins inside and ends later is added when it ends.
        """
        part = CallRecord(self._calls.maxlen or DEFAULT_CAPACITY)
        with self._lock:
            self._parts.append(part)
        try:
            yield part
        finally:
            with self._lock:
                self._parts = [p for p in self._parts if p is not part]

    def open_parts(self) -> tuple[CallRecord, ...]:
        """The `recording` blocks open now; the transport asks when a call begins."""
        with self._lock:
            return tuple(self._parts)

    def add(self, call: Call, parts: tuple[CallRecord, ...] = ()) -> None:
        """Append one ended call here and to the `parts` that were open when it began."""
        with self._lock:
            self._calls.append(call)
            self.totals.add(call)
        for part in parts:
            part.add(call)


def _frame(calls: Iterable[Call]) -> pd.DataFrame:
    return CALLS.frame(_values(call) for call in calls)


# Not an assert: the two lists above are one list, written twice for the type checker and for the reader.
if [f.name for f in fields(Call)] != CALLS.columns:
    raise TypeError("Call and CALLS differ")
