"""The search index of a semantic cache. Internal: `gateway.cache.index` of a semantic gateway."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import redis
from redis.commands.search.field import NumericField, TagField, TextField, VectorField
from redis.commands.search.index_definition import IndexDefinition, IndexType
from redis.commands.search.query import Query

from gateway_kit.caching.errors import NoIndexError, cache_error
from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.errors import CacheError


class SemanticIndex:
    """One search index in Redis, by name. It reads and changes this index and its entries, and no others.

    Redis finds an index's entries by the beginning of their keys: an index called `faq` would also have the entries of
    `faq-2`, return them as answers, and delete them when it is dropped. So no index's name may begin with another's.

    LiteLLM makes the index at its first request, and again only after a restart. If the index is dropped in between
    (FLUSHALL does that too), every lookup fails, LiteLLM treats the failure as a miss, and nothing is logged.
    """

    def __init__(self, redis_url: str, name: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, decode_responses=True, socket_timeout=10.0, socket_connect_timeout=5.0,
            legacy_responses=False,
        )  # fmt: skip
        self._address = redis_url.rsplit("@", 1)[-1]
        self.name = name

    def __repr__(self) -> str:
        return f"SemanticIndex({self.name!r}, {self._address!r})"

    @property
    def isolated(self) -> SemanticIndex:
        """The index that LiteLLM 1.106.2 makes beside this one for vectors of another length."""
        other = copy.copy(self)  # on the same connections
        other.name = f"{self.name}_isolated"
        return other

    def exists(self) -> bool:
        """Whether Redis has the index."""
        return self._info() is not None

    def dimensions(self) -> int | None:
        """The length of its vectors; None if there is no index."""
        attributes = (self._info() or {}).get("attributes", [])
        return next((int(field["dim"]) for field in attributes if field["type"] == "VECTOR"), None)

    def entries(self, namespace: str = "") -> int:
        """How many answers it has, or those whose namespace begins with `namespace`; 0 if there is no index."""
        if not namespace:
            return int((self._info() or {}).get("num_docs", 0))
        tag = re.sub(r"(\W)", r"\\\1", namespace)  # punctuation has a meaning in queries
        query = Query(f"@litellm_cache_key:{{{tag}*}}").no_content().paging(0, 0)
        try:
            return int(self._ask(lambda: self._redis.ft(self.name).search(query)).total)
        except NoIndexError:
            return 0

    def wait_for_entries(self, count: int, namespace: str = "", *, timeout_s: float = 20.0) -> int:
        """`entries(namespace)` once there are at least `count`: LiteLLM keeps an answer after it has returned it.

        Raises:
            CacheError: there are fewer after `timeout_s` seconds.
        """
        held, enough = poll_until(
            lambda: self.entries(namespace), lambda held: held >= count, timeout_s=timeout_s, pause_s=0.05
        )
        if enough:
            return held
        if not self.exists():
            raise CacheError(
                f"There is no index {self.name}, so nothing is found again. If it was dropped (FLUSHALL does that), "
                "make it again with gateway.cache.index.create, or restart the gateway"
            )
        raise CacheError(
            f"The index {self.name} has {held} answers after {patient_s(timeout_s):.0f} s, not {count}: the "
            "gateway does not keep them. Is the embedding model up, and Redis not full? See: gateway-kit status"
        )

    def drop(self) -> bool:
        """Drop the index and its answers; returns whether it was there.

        A gateway that uses it never hits again until it restarts, or until `create`.
        """
        try:
            self._ask(lambda: self._redis.ft(self.name).dropindex(delete_documents=True))
        except NoIndexError:
            return False
        return True

    def create(self, dimensions: int) -> None:
        """Make the index as LiteLLM 1.106.2 makes it, which repairs the cache after a flush without a restart.

        Answers that were stored since the flush are in it: LiteLLM stores answers without an index too.

        Args:
            dimensions: the length of the vectors, 1 to 32768.

        Raises:
            CacheError: the index exists already, or `dimensions` is invalid.
        """
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or not 1 <= dimensions <= 32768:
            raise CacheError(f"dimensions={dimensions!r}: must be a whole number from 1 to 32768")
        vector = {"TYPE": "FLOAT32", "DIM": dimensions, "DISTANCE_METRIC": "COSINE"}
        fields = [
            TextField("prompt"),
            TextField("response"),
            NumericField("inserted_at"),
            NumericField("updated_at"),
            VectorField("prompt_vector", "FLAT", vector),
            TagField("litellm_cache_key", separator=","),
        ]
        definition = IndexDefinition(prefix=[self.name], index_type=IndexType.HASH)  # type: ignore[no-untyped-call]
        self._ask(lambda: self._redis.ft(self.name).create_index(fields, definition=definition))

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _info(self) -> dict[str, Any] | None:
        try:
            info: dict[str, Any] = self._ask(self._redis.ft(self.name).info)
        except NoIndexError:
            return None
        return info

    def _ask(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except redis.RedisError as exc:
            raise cache_error(exc, self._address) from exc
