"""The cache in Redis, seen and tidied entry by entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import redis

from gateway_kit.caching.entries import exact_facts, namespace_of, semantic_facts
from gateway_kit.caching.refusals import cache_error
from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import CacheError

if TYPE_CHECKING:
    import pandas as pd

ENTRY_COLUMNS: Mapping[str, str] = {
    "key": "string",
    "kind": "string",
    "namespace": "string",
    "model": "string",
    "stored": "datetime64[ns, UTC]",
    "ttl_left_s": "float64",
    "size_bytes": "Int64",
    "hits": "Int64",
    "question": "string",
    "answer": "string",
}

# Entries asked for in one round trip.
_BATCH = 500

_SEMANTIC_FIELDS = ("prompt", "response", "inserted_at", "litellm_cache_key")


def connect_cache(redis_url: str | None = None, *, index: str | None = None) -> Cache:
    """The cache by the argument, else REDIS_URL, else the local stack's. Raises CacheUnreachableError.

    Without `index` it is the exact cache, with it the semantic one that has this index
    (`redis_semantic_cache_index_name`): a gateway has one or the other.
    """
    url = redis_url or os.environ.get("REDIS_URL") or read_local_stack().variables["REDIS_URL"]
    cache = Cache(url, index=index)
    cache.check_reachable()
    return cache


class Cache:
    """One gateway's cached answers. It reads and deletes entries, and nothing else that lies in the same Redis.

    Deleting takes an entry out of Redis. The gateway's worker process that stored an exact entry also keeps it in
    its memory (the last 200 or so), and no call of LiteLLM's takes it away: there it answers on until its TTL ends.
    Other workers, and the same one after a restart, ask the provider again. What a worker has read from Redis it
    keeps for `cache_params.default_in_memory_ttl` seconds, whatever the entry's TTL. To be rid of an answer at once,
    ask in another `namespace` (see `cache_controls`). A semantic entry is nowhere else: deleted, it is gone.

    There is no flush: FLUSHALL would take the semantic cache's index along, and LiteLLM then never hits again
    until it restarts, without a word in its log.
    """

    def __init__(self, redis_url: str, *, index: str | None = None) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, decode_responses=True, socket_timeout=10.0, socket_connect_timeout=5.0,
            encoding_errors="replace",
        )  # fmt: skip
        self._shown = redis_url.rsplit("@", 1)[-1]
        self.index = index

    def __repr__(self) -> str:
        return f"Cache({self._shown!r}, index={self.index!r})"

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
        """Raises CacheUnreachableError unless Redis answers."""
        self._ask(lambda: self._redis.ping())

    def entries(self, calls: pd.DataFrame | None = None) -> pd.DataFrame:
        """The cached answers, one a row, the youngest first.

        column      dtype                meaning
        key         string               its key in Redis, for `delete`
        kind        string               answer, embedding (exact cache) or semantic
        namespace   string               compartment of the cache; empty without one
        model       string               the provider's name of the model that answered; missing for embeddings
        stored      datetime64[ns, UTC]  when it was kept
        ttl_left_s  float64              seconds until it expires; missing where it never does
        size_bytes  Int64                memory it takes in Redis (`MEMORY USAGE`)
        hits        Int64                calls of `calls` that it answered; missing where `calls` is not given, and
                                         for semantic entries, since a hit does not tell which one answered it
        question    string               semantic entries: the text that was embedded; the exact cache keeps none
        answer      string               the answer's text; missing for embeddings and tool calls

        Redis keeps no count of hits per entry: pass `Gateway.calls.frame()` as `calls` to have them counted.
        An entry that expires while it is looked at is left out.
        """
        import pandas as pd

        rows = [row for keys in _batches(self._keys()) for row in self._rows(keys)]
        frame = pd.DataFrame(rows, columns=list(ENTRY_COLUMNS)).astype(dict(ENTRY_COLUMNS))
        if calls is not None:
            counted = calls.loc[calls["cache_hit"], "cache_key"].value_counts()
            hits = frame["key"].map(counted).fillna(0).astype("Int64")
            frame["hits"] = hits.where(frame["kind"] != "semantic")
        return frame.sort_values("stored", ascending=False, ignore_index=True)

    def delete(self, keys: str | Iterable[str]) -> int:
        """Deletes entries by key; how many were there. Raises CacheError for a key that is no cached answer's."""
        listed = [keys] if isinstance(keys, str) else list(keys)
        for key in listed:
            if not self._is_entry(key):
                raise CacheError(
                    f"{key!r} is no cached answer of this gateway, and nothing was deleted. "
                    "The keys are in the column `key` of entries()."
                )
        return sum(self._delete(batch) for batch in _batches(listed))

    def delete_namespace(self, namespace: str) -> int:
        """Deletes the entries of one namespace; how many there were."""
        if self.index is None:
            return self.delete(key for key in list(self._keys()) if namespace_of(key) == namespace)
        frame = self.entries()  # a semantic entry's namespace is in it, not in its key
        return self.delete(frame.loc[frame["namespace"] == namespace, "key"])

    def delete_prefix(self, prefix: str) -> int:
        """Deletes the entries whose key begins with `prefix`; how many there were."""
        if not prefix:
            raise CacheError("An empty prefix means every entry. To delete them all: delete_all()")
        return self.delete(key for key in list(self._keys()) if key.startswith(prefix))

    def delete_older_than(self, age_s: float) -> int:
        """Deletes the entries that were kept more than `age_s` seconds ago; how many there were."""
        if not age_s >= 0:
            raise CacheError(f"age_s={age_s!r}: a number of seconds, 0 or more, is needed")
        frame = self.entries()
        old = frame["stored"] < datetime.now(UTC) - timedelta(seconds=age_s)
        return self.delete(frame.loc[old.fillna(False), "key"])

    def delete_all(self) -> int:
        """Deletes every cached answer of this gateway, one by one; the index of the semantic cache stays."""
        return self.delete(list(self._keys()))

    def _keys(self) -> Iterator[str]:
        """Keys of all entries. SCAN may give a key twice, so each is given on once."""
        seen = set()
        for key in self._scan():
            if key not in seen and self._is_entry(key):
                seen.add(key)
                yield key

    def _is_entry(self, key: str) -> bool:
        if self.index is not None:
            return key.startswith(f"{self.index}:")
        return namespace_of(key) is not None

    def _scan(self) -> Iterator[str]:
        # By its key alone a semantic entry could be an exact one, in a namespace with the index's name.
        kind = "string" if self.index is None else "hash"
        cursor = 0
        while True:
            cursor, keys = self._ask(partial(self._redis.scan, cursor, count=_BATCH, _type=kind))
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
        pipe = self._redis.pipeline(transaction=False)
        kinds = facts[0::3]
        for key, kind in zip(keys, kinds, strict=True):
            # The vector of a semantic entry is bytes, and nobody reads it.
            pipe.hmget(key, *_SEMANTIC_FIELDS) if kind == "hash" else pipe.get(key)
        values = self._ask(lambda: pipe.execute(raise_on_error=False))
        for key, kind, left_ms, size, value in zip(
            keys, kinds, facts[1::3], facts[2::3], values, strict=True
        ):
            if not value or isinstance(value, Exception) or kind not in ("hash", "string"):
                continue
            if kind == "hash" and not any(value):  # it expired between the two questions
                continue
            if kind == "hash":
                told = semantic_facts(dict(zip(_SEMANTIC_FIELDS, value, strict=True)))
            else:
                told = exact_facts(value)
            yield {
                "key": key,
                "namespace": namespace_of(key) or "",
                "ttl_left_s": left_ms / 1000 if left_ms >= 0 else None,
                "size_bytes": size,
                "hits": None,
                **told,
            }

    def _delete(self, keys: list[str]) -> int:
        # UNLINK frees the memory aside, so that a large delete does not hold up the gateway.
        return int(self._ask(lambda: self._redis.unlink(*keys)))

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except redis.RedisError as exc:
            raise cache_error(exc, self._shown) from exc


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
