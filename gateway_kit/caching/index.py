"""The search index that a semantic cache stands on."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis

from gateway_kit.caching.refusals import NoIndexError, cache_error
from gateway_kit.errors import CacheError

_POLL_S = 0.05


class SemanticIndex:
    """One search index in Redis, by name. It sees and changes this index and its entries, nobody else's.

    Redis finds an index's entries by how their keys begin: an index called `faq` would hold those of `faq-2` as well,
    give them as answers, and take them along when it is dropped. So no index's name may begin another's.

    LiteLLM makes the index at its first request, and again only when it starts. If the index is dropped in between
    (FLUSHALL does that too), every lookup fails, LiteLLM takes the failure for a miss, and nothing is logged.
    """

    def __init__(self, redis_url: str, name: str) -> None:
        self._redis: redis.Redis = redis.Redis.from_url(
            redis_url, decode_responses=True, socket_timeout=10.0, socket_connect_timeout=5.0
        )
        self._shown = redis_url.rsplit("@", 1)[-1]
        self.name = name

    def __repr__(self) -> str:
        return f"SemanticIndex({self.name!r}, {self._shown!r})"

    @property
    def isolated(self) -> SemanticIndex:
        """The index that LiteLLM 1.106.2 makes beside this one, unasked, for vectors of another length."""
        other = copy.copy(self)  # on the same connections
        other.name = f"{self.name}_isolated"
        return other

    def exists(self) -> bool:
        """Whether Redis has the index."""
        return self._info() is not None

    def dimensions(self) -> int | None:
        """How many numbers a vector of it has; None where there is no index."""
        info = self._info()
        if info is None:
            return None
        return next(
            (int(facts["dim"]) for facts in map(_pairs, info["attributes"]) if facts.get("type") == "VECTOR"),
            None,
        )

    def entries(self, namespace: str = "") -> int:
        """How many answers it holds, or those whose namespace begins with `namespace`; 0 where there is no index."""
        if namespace:
            wanted = f"@litellm_cache_key:{{{_escaped(namespace)}*}}"  # no rows, only how many
            try:
                found = self._ask(
                    partial(self._redis.execute_command, "FT.SEARCH", self.name, wanted, "LIMIT", 0, 0)
                )
            except NoIndexError:
                return 0
            return int(found["total_results"] if isinstance(found, dict) else found[0])
        info = self._info()
        return 0 if info is None else int(info["num_docs"])

    def wait_for_entries(self, count: int, namespace: str = "", *, timeout_s: float = 20.0) -> int:
        """`entries(namespace)` once there are at least `count`: LiteLLM keeps an answer after it has handed it out.

        Raises CacheError where fewer are there after `timeout_s`.
        """
        end = time.monotonic() + timeout_s
        while (found := self.entries(namespace)) < count:
            if time.monotonic() > end:
                raise CacheError(self._why_not(found, count, timeout_s))
            time.sleep(_POLL_S)
        return found

    def drop(self) -> bool:
        """Drops the index and the answers in it; True if it was there.

        A gateway that runs on it never hits again until it starts anew, or until `create`.
        """
        try:
            self._ask(partial(self._redis.execute_command, "FT.DROPINDEX", self.name, "DD"))
        except NoIndexError:
            return False
        return True

    def create(self, dimensions: int) -> None:
        """Makes the index as LiteLLM 1.106.2 makes it: the mend after a flush, without a restart.

        What was kept between the flush and this is in it: LiteLLM stores answers without an index too.
        Raises CacheError where it is there already, or `dimensions` (numbers a vector has) cannot be.
        """
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or not 1 <= dimensions <= 32768:
            raise CacheError(f"dimensions={dimensions!r}: a whole number from 1 to 32768 is needed")
        fields = (
            "prompt", "TEXT", "response", "TEXT", "inserted_at", "NUMERIC", "updated_at", "NUMERIC",
            "prompt_vector", "VECTOR", "FLAT", "6", "TYPE", "FLOAT32", "DIM", str(dimensions),
            "DISTANCE_METRIC", "COSINE", "litellm_cache_key", "TAG", "SEPARATOR", ",",
        )  # fmt: skip
        command = ("FT.CREATE", self.name, "ON", "HASH", "PREFIX", "1", self.name, "SCORE", "1.0", "SCHEMA")
        self._ask(partial(self._redis.execute_command, *command, *fields))

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _why_not(self, found: int, count: int, timeout_s: float) -> str:
        if not self.exists():
            return (
                f"There is no index {self.name}, so nothing is found again. If it was there and is gone (FLUSHALL), "
                "make it anew with SemanticIndex.create, or restart the gateway"
            )
        return (
            f"The index {self.name} holds {found} answers after {timeout_s:.0f} s, not {count}: the gateway does not "
            "keep them. Is the embedding model up, and Redis not full? See: gateway-kit status"
        )

    def _info(self) -> dict[str, Any] | None:
        try:
            found = self._ask(partial(self._redis.execute_command, "FT.INFO", self.name))
        except NoIndexError:
            return None
        return _pairs(found)

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except redis.RedisError as exc:
            raise cache_error(exc, self._shown) from exc


def _escaped(tag: str) -> str:
    """A tag for a query: punctuation means something there."""
    return re.sub(r"(\W)", r"\\\1", tag)


def _pairs(listed: Any) -> dict[str, Any]:
    """What FT.INFO tells, which is a list of names and values in turn, or a mapping, as the protocol has it."""
    if isinstance(listed, dict):
        return listed
    return dict(zip(listed[0::2], listed[1::2], strict=False))
