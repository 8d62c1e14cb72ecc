"""`gateway.cache`: the cached answers in Redis, listed and deleted entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import redis

from gateway_kit.caching.controls import controls
from gateway_kit.caching.entries import ENTRIES, exact_entry, namespace_of, semantic_entry
from gateway_kit.caching.errors import cache_error
from gateway_kit.caching.guard import guard_namespace
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.caching.measure import similarities
from gateway_kit.caching.pairs import labelled_pairs
from gateway_kit.caching.savings import savings
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.errors import CacheError

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.caching.measure import Asks

# Entries per round trip.
_BATCH = 500

_SEMANTIC_FIELDS = ("prompt", "response", "inserted_at", "litellm_cache_key")


class Cache:
    """The exact cache of one gateway. It reads and deletes entries, and touches nothing else in the same Redis.

    A deleted entry is gone from Redis, but the gateway's worker process that stored it also keeps it in its memory (the
    last 200 or so), which LiteLLM has no call to clear: that worker answers from it until its TTL ends. Other workers,
    and the same one after a restart, ask the provider again. A worker keeps what it has read from Redis for
    `cache_params.default_in_memory_ttl` seconds, whatever the entry's TTL. To stop using an answer at once, ask in
    another `namespace` (see `controls`).

    There is no flush: FLUSHALL would also delete the index of the semantic cache, which then never hits again until
    LiteLLM restarts, without an error in its log.

    Example:
        >>> gateway.cache.entries(gateway.calls.frame())
        >>> gateway.cache.delete_namespace("faq-v1")
    """

    controls = staticmethod(controls)
    guard = staticmethod(guard_namespace)
    savings = staticmethod(savings)
    # A deleted answer may live on in the memory of a worker.
    deletes_at_once = False
    _redis_type = "string"

    def __init__(self, redis_url: str, gateway: Asks | None = None) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, decode_responses=True, socket_timeout=10.0, socket_connect_timeout=5.0,
            encoding_errors="replace",
        )  # fmt: skip
        self._address = redis_url.rsplit("@", 1)[-1]
        self._gateway = gateway

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def check_reachable(self) -> None:
        """Raise CacheUnreachableError unless Redis answers."""
        self._ask(lambda: self._redis.ping())

    def entries(self, calls: pd.DataFrame | None = None) -> pd.DataFrame:
        """The cached answers.

        Args:
            calls: the calls whose hits to count, such as `gateway.calls.frame()`; Redis counts no hits itself.

        Returns:
            One row per entry, the youngest first, without those that expire meanwhile.

                - `key` (string): its key in Redis, for `delete`
                - `kind` (string): answer, embedding (exact cache) or semantic
                - `namespace` (string): its part of the cache; empty without one
                - `model` (string): the provider's name of the model that answered; missing for embeddings
                - `stored` (datetime64[ns, UTC]): when it was stored
                - `ttl_left_s` (float64): seconds until it expires; missing if it never does
                - `size_bytes` (Int64): its memory in Redis
                - `hits` (Int64): calls that it answered; missing without `calls`, and for semantic entries
                - `question` (string): semantic entries: the text that was embedded; missing for exact ones
                - `answer` (string): the answer's text; missing for embeddings and tool calls
        """
        entries = ENTRIES.frame(row for keys in _batches(self._keys()) for row in self._rows(keys))
        if calls is not None:
            counts = calls.loc[calls["cache_hit"], "cache_key"].value_counts()
            hits = entries["key"].map(counts).fillna(0).astype("Int64")
            entries["hits"] = hits.where(entries["kind"] != "semantic")
        return entries.sort_values("stored", ascending=False, ignore_index=True)

    def delete(self, keys: str | Iterable[str]) -> int:
        """Delete entries by key.

        Args:
            keys: one key or several, from the column `key` of `entries`.

        Returns:
            How many there were.

        Raises:
            CacheError: a key is not that of a cached answer; then nothing was deleted.
        """
        listed = [keys] if isinstance(keys, str) else list(keys)
        for key in listed:
            if not self._is_entry(key):
                raise CacheError(
                    f"{key!r} is not the key of a cached answer of this gateway, and nothing was deleted. "
                    "The keys are in the column `key` of entries()."
                )
        return sum(self._unlink(batch) for batch in _batches(listed))

    def delete_namespace(self, namespace: str) -> int:
        """Delete the entries of one namespace; returns how many there were."""
        return self.delete(key for key in list(self._keys()) if namespace_of(key) == namespace)

    def delete_prefix(self, prefix: str) -> int:
        """Delete the entries whose key begins with `prefix`; returns how many there were."""
        if not prefix:
            raise CacheError("An empty prefix matches every entry. To delete them all: delete_all()")
        return self.delete(key for key in list(self._keys()) if key.startswith(prefix))

    def delete_older_than(self, age_s: float) -> int:
        """Delete the entries that were stored more than `age_s` seconds ago; returns how many there were."""
        if not age_s >= 0:
            raise CacheError(f"age_s={age_s!r}: must be a number of seconds, 0 or more")
        entries = self.entries()
        old = entries["stored"] < datetime.now(UTC) - timedelta(seconds=age_s)
        return self.delete(entries.loc[old.fillna(False), "key"])

    def delete_all(self) -> int:
        """Delete every cached answer of this gateway, one by one; returns how many there were.

        The index of a semantic cache stays.
        """
        return self.delete(list(self._keys()))

    def study(self, pairs: pd.DataFrame | None = None, model: str = "local-embed") -> SemanticStudy:
        """Study what a semantic cache would do with pairs of questions.

        Args:
            pairs: your own labelled pairs, with the columns `first`, `second` and `same` (bool); by default the kit's.
            model: the embedding model that measures their similarities. It is called once.

        Returns:
            The study, with the measured similarities.

        Raises:
            GatewayError: the embedding model does not answer.
        """
        if self._gateway is None:
            raise CacheError("A study needs a gateway to embed the questions: gateway.cache.study()")
        labelled = labelled_pairs() if pairs is None else pairs
        measured = labelled.assign(similarity=similarities(self._gateway, labelled, model))
        return SemanticStudy(measured, self._gateway)

    def _keys(self) -> Iterator[str]:
        """Keys of all entries. SCAN may return a key twice, so each is yielded once."""
        seen = set()
        for key in self._scan():
            if key not in seen and self._is_entry(key):
                seen.add(key)
                yield key

    def _is_entry(self, key: str) -> bool:
        return namespace_of(key) is not None

    def _scan(self) -> Iterator[str]:
        # By its key alone, a semantic entry could be an exact one, in a namespace with the index's name.
        cursor = 0
        while True:
            cursor, keys = self._ask(partial(self._redis.scan, cursor, count=_BATCH, _type=self._redis_type))
            yield from keys
            if cursor == 0:
                return

    def _rows(self, keys: list[str]) -> Iterator[dict[str, Any]]:
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.type(key)
            pipe.pttl(key)
            pipe.memory_usage(key)
        facts = self._ask(pipe.execute)
        kinds, ttls_ms, sizes = facts[0::3], facts[1::3], facts[2::3]
        pipe = self._redis.pipeline(transaction=False)
        for key, kind in zip(keys, kinds, strict=True):
            # Not all fields of a semantic entry: its vector is binary and not needed.
            pipe.hmget(key, *_SEMANTIC_FIELDS) if kind == "hash" else pipe.get(key)
        values = self._ask(lambda: pipe.execute(raise_on_error=False))
        for key, kind, ttl_ms, size, value in zip(keys, kinds, ttls_ms, sizes, values, strict=True):
            if not value or isinstance(value, Exception) or kind not in ("hash", "string"):
                continue
            if kind == "hash" and not any(value):  # it expired between the two requests
                continue
            if kind == "hash":
                entry = semantic_entry(dict(zip(_SEMANTIC_FIELDS, value, strict=True)))
            else:
                entry = exact_entry(value)
            yield {
                "key": key,
                "namespace": namespace_of(key) or "",
                "ttl_left_s": ttl_ms / 1000 if ttl_ms >= 0 else None,
                "size_bytes": size,
                **entry,
            }

    def _unlink(self, keys: list[str]) -> int:
        # UNLINK frees the memory in the background, so that a large deletion does not block the gateway.
        return int(self._ask(lambda: self._redis.unlink(*keys)))

    def _ask(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except redis.RedisError as exc:
            raise cache_error(exc, self._address) from exc


class CacheWithoutRedis(Cache):
    """The cache of a gateway whose Redis is not known: `controls` and `savings` work, all else raises CacheError."""

    def __init__(self, why: str) -> None:
        self._redis, self._address = cast("redis.Redis", _NoRedis(why)), "an unknown Redis"

    def close(self) -> None:
        """There is nothing to close."""


class _NoRedis:
    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> Any:
        raise CacheError(self._why)


class SemanticCache(Cache):
    """The semantic cache of one gateway: the same as the exact one, and `index`, which finds its entries.

    A semantic entry is only in Redis: once deleted, it is gone.
    """

    deletes_at_once = True
    _redis_type = "hash"

    def __init__(self, redis_url: str, index: str, gateway: Asks | None = None) -> None:
        super().__init__(redis_url, gateway)
        self.index = SemanticIndex(redis_url, index)

    def __repr__(self) -> str:
        return f"SemanticCache({self._address!r}, index={self.index.name!r})"

    def close(self) -> None:
        """Close the connections."""
        super().close()
        self.index.close()

    def delete_namespace(self, namespace: str) -> int:
        """Delete the entries of one namespace; returns how many there were."""
        entries = self.entries()  # a semantic entry's namespace is in it, not in its key
        return self.delete(entries.loc[entries["namespace"] == namespace, "key"])

    def _is_entry(self, key: str) -> bool:
        return key.startswith(f"{self.index.name}:")


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
