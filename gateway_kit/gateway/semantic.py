"""A gateway with the semantic cache, as long as a lesson or a test needs it: `gateway.stack.semantic_gateway`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.caching.cache import SemanticCache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.client import DEFAULT_TIMEOUT_S
from gateway_kit.litellm_api.connection import Connection

if TYPE_CHECKING:
    from gateway_kit.stack.configuration.semantic import SemanticConfig

# The last one that this process started in a stack, for an index and an embedding model.
_started: dict[tuple[int, Path, str, str], SemanticGateway] = {}


def semantic_gateway(
    *,
    threshold: float | None = None,
    ttl_s: int | None = None,
    index: str | None = None,
    embedding_model: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    environ: Mapping[str, str] | None = None,
) -> SemanticGateway:
    """Start a second gateway, with the semantic cache, beside the stack's own.

    It is ready in about 7 s and needs 450 MB. Arguments that are left out are as in the template `semantic.yaml`. It
    uses the stack's database, so keys, budgets and spend are the same. It ends with the `with` block, with `close()`,
    with this program, or with `gateway-kit down`.

    A program has one for each index and embedding model: called again with the same settings, this returns the one
    that runs; with other settings, that one ends first.

    Args:
        threshold: the least cosine similarity, above 0 and up to 1, at which a kept answer is taken.
        ttl_s: whole seconds that an answer is kept.
        index: the search index in Redis: one per embedding model, and no name that begins with another's.
        embedding_model: `local-embed` or `text-embedding-3-small`.
        timeout_s: how long a call may take until the next bytes arrive, in seconds.
        environ: the variables that describe the stack; by default those of this process.

    Raises:
        SettingsError: a setting is invalid.
        StackError: the stack is not up, or its Redis has no search module.

    Example:
        >>> with gateway.stack.semantic_gateway(threshold=0.9) as lab:
        ...     lab.ask("How do I reset my password?")
    """
    # Imported here: a client of a remote gateway works without the stack.
    from gateway_kit.stack.configuration.semantic import SemanticCacheSettings
    from gateway_kit.stack.semantic_process import configuration_of, is_running, start_semantic, stop_semantic
    from gateway_kit.stack.stack import Stack

    settings = SemanticCacheSettings(threshold, ttl_s, index, embedding_model)
    stack = Stack(os.environ if environ is None else environ)
    config = configuration_of(stack, settings)
    place = (os.getpid(), stack.home, config.index, config.embedding_model)
    earlier = _started.get(place)
    if earlier is not None and earlier.runs_with(config):
        return earlier
    if earlier is not None:
        earlier.close()
    env = stack.client_env()
    running = start_semantic(stack, config)
    _started[place] = SemanticGateway(
        Connection(running.url, env["GATEWAY_API_KEY"], env["LITELLM_MASTER_KEY"], env),
        redis_url=env["REDIS_URL"],
        config=config,
        log_path=running.log_path,
        is_running=lambda: is_running(stack, running),
        end=lambda: stop_semantic(stack, running),
        timeout_s=timeout_s,
    )
    return _started[place]


def end_semantic_gateways(index: str, environ: Mapping[str, str]) -> None:
    """End what `semantic_gateway` started with this index, and delete the index; see `StackClient`."""
    from gateway_kit.stack.stack import Stack

    stack = Stack(environ)
    for place, gateway in list(_started.items()):
        if place[:3] == (os.getpid(), stack.home, index):
            gateway.close()
            del _started[place]
    with closing(SemanticIndex(stack.client_env()["REDIS_URL"], index)) as kept:
        kept.isolated.drop()
        kept.drop()


class SemanticGateway(Gateway):
    """A Gateway with the semantic cache, whose process ends when it is closed."""

    def __init__(
        self,
        connection: Connection,
        *,
        redis_url: str,
        config: SemanticConfig,
        log_path: Path,
        is_running: Callable[[], bool],
        end: Callable[[], object],
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        super().__init__(connection, timeout_s=timeout_s)
        self.threshold, self.ttl_s = config.threshold, config.ttl_s
        self.index, self.embedding_model = config.index, config.embedding_model
        self.log_path = log_path
        self._config, self._redis_url = config, redis_url
        self._is_running, self._end = is_running, end
        self._closed = False

    def __repr__(self) -> str:
        return (
            f"SemanticGateway({self.url!r}, threshold={self.threshold}, embedding_model={self.embedding_model!r}, "
            f"index={self.index!r})"
        )

    @cached_property
    def cache(self) -> SemanticCache:
        """Its cached answers, and the search index that finds them."""
        return SemanticCache(self._redis_url, self.index, self)

    def runs_with(self, config: SemanticConfig) -> bool:
        """Whether its process runs, with this configuration, and was not closed."""
        return not self._closed and config == self._config and self._is_running()

    def close(self) -> None:
        """Close the connections and end the process. What it kept stays in Redis until its TTL ends."""
        self._closed = True
        super().close()
        self._end()
