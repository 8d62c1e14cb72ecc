"""A gateway with the semantic cache, for the length of a lesson or a test."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.client import DEFAULT_TIMEOUT_S
from gateway_kit.gateway.connection import Connection
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings
from gateway_kit.stack.semantic_process import SemanticProcess, start_semantic, stop_semantic
from gateway_kit.stack.stack import Stack


def semantic_gateway(
    *,
    threshold: float | None = None,
    ttl_s: int | None = None,
    index: str | None = None,
    embedding_model: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> SemanticGateway:
    """A second gateway with the semantic cache, started beside the stack's own: ready in 7 s or so, 450 MB.

    with semantic_gateway(threshold=0.9) as gateway:
        gateway.ask("How do I reset my password?")

    threshold        cosine similarity above 0 and up to 1 from which on a kept answer is taken
    ttl_s            whole seconds that an answer is kept
    index            the search index in Redis: one per embedding model, and no name that begins another's
    embedding_model  `local-embed` or `text-embedding-3-small`

    What is left out is as in the template `semantic.yaml`. It has the stack's database, so keys, budgets and spend are
    the same. It ends with the block, with `close()`, with this program, or with `gateway-kit down`. Raises
    SettingsError for invalid settings, and StackError if the stack is not up.
    """
    wanted = SemanticCacheSettings(threshold, ttl_s, index, embedding_model)
    stack = Stack(os.environ)
    env = stack.client_env()
    running = start_semantic(stack, wanted)
    connection = Connection(running.url, env["GATEWAY_API_KEY"], env["LITELLM_MASTER_KEY"], env)
    return SemanticGateway(connection, stack, running, env["REDIS_URL"], timeout_s=timeout_s)


class SemanticGateway(Gateway):
    """A Gateway whose process ends when it is closed.

    `cache` lists and deletes its entries, `search_index` is what they are found by.
    """

    def __init__(
        self,
        connection: Connection,
        stack: Stack,
        running: SemanticProcess,
        redis_url: str,
        *,
        timeout_s: float,
    ) -> None:
        super().__init__(connection, timeout_s=timeout_s)
        self._stack = stack
        self._running = running
        config = running.config
        self.threshold, self.ttl_s = config.threshold, config.ttl_s
        self.index, self.embedding_model = config.index, config.embedding_model
        self.log_path = running.log_path
        self.cache = Cache(redis_url, index=config.index)
        self.search_index = SemanticIndex(redis_url, config.index)

    def __repr__(self) -> str:
        return (
            f"SemanticGateway({self.url!r}, threshold={self.threshold}, embedding_model={self.embedding_model!r}, "
            f"index={self.index!r})"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the process. What it kept stays in Redis until its TTL ends."""
        super().close()
        self.cache.close()
        self.search_index.close()
        stop_semantic(self._stack, self._running)
