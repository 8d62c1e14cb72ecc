"""The semantic cache's vectors, asked for without LiteLLM's way to a provider where it has nothing to do.

Each lookup needs a vector of the question. LiteLLM 1.106.12 makes a whole call for it: its router, retries, fallbacks,
cost and logging, which take longer than the model. A deployment with `no-log` on this machine has nothing to log, and
if it is the only one of its name, nothing to choose. So it is asked directly, over a connection that stays open; and
the answer to a question that was not found is kept under the vector that looked for it, not under a second one.

What fails is LiteLLM's: after a failure it asks the model itself for a while, with its cooldowns and its messages.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from gateway_kit.stack.servers.gateway.loopback_only import is_loopback

# Behind this prefix LiteLLM sends the deployment's parameters as they are, in OpenAI's format.
_PREFIX = "hosted_vllm/"
# With any other parameter LiteLLM may have something to do: a limit to keep, a key to find, a header to add.
_PLAIN = frozenset({"model", "api_base", "api_key", "no-log"})
_LITELLMS_WAY_S = 10.0

Vector = list[float]
Embed = Callable[..., Awaitable[Vector]]

# The text that this request embedded last, and its vector.
_known: ContextVar[tuple[object, str, Vector] | None] = ContextVar("vector of this request", default=None)


@dataclass(frozen=True)
class EmbeddingServer:
    """A server with OpenAI's API on this machine: its address, its key, and its name of the model."""

    url: str
    key: str
    model: str


def ask_for_vectors_directly() -> DirectWay | None:
    """Let the semantic cache ask a plain deployment on this machine itself; None if it does already.

    To be closed at the end.
    """
    from litellm.caching.redis_semantic_cache import RedisSemanticCache

    litellms = RedisSemanticCache._get_async_embedding
    if hasattr(litellms, "direct"):
        return None
    way = DirectWay(litellms, _server_of)

    async def direct(cache: Any, prompt: str, metadata: dict[str, Any] | None = None) -> Vector:
        return await way.vector(cache, prompt, metadata)

    direct.direct = True  # type: ignore[attr-defined]
    RedisSemanticCache._get_async_embedding = direct
    return way


def plain_server(deployments: list[Mapping[str, Any]]) -> EmbeddingServer | None:
    """The server of a model that LiteLLM has nothing to do for, else None."""
    if len(deployments) != 1:
        return None
    params, facts = deployments[0]["litellm_params"], deployments[0].get("model_info") or {}
    given = {name: value for name, value in params.items() if value not in (None, False)}
    if not (_PLAIN.issuperset(given) and given.get("no-log") is True) or facts.get("max_input_tokens"):
        return None
    model, url, key = (str(given.get(name, "")) for name in ("model", "api_base", "api_key"))
    if not model.startswith(_PREFIX) or "*" in model:
        return None
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not is_loopback(parts.hostname):
        return None
    return EmbeddingServer(f"{url.rstrip('/')}/embeddings", key, model.removeprefix(_PREFIX))


class DirectWay:
    """Asks the server that `server_of` names for a cache; where it names none, `litellms`, a method of the cache."""

    def __init__(self, litellms: Embed, server_of: Callable[[Any], EmbeddingServer | None]) -> None:
        self._litellms, self._server_of = litellms, server_of
        self._session: aiohttp.ClientSession | None = None
        self._not_before_s = 0.0

    async def vector(self, cache: Any, prompt: str, metadata: dict[str, Any] | None = None) -> Vector:
        """The text's vector. Raises ValueError as LiteLLM does, which then does without the cache."""
        known = _known.get()
        if known is not None and known[0] is cache and known[1] == prompt:
            return known[2]
        server = self._server_of(cache) if time.monotonic() >= self._not_before_s else None
        if server is None:
            return await self._litellms(cache, prompt, metadata=metadata)
        self._session = self._session or aiohttp.ClientSession()
        try:
            vector = await _ask(self._session, server, prompt, cache.embedding_timeout)
        except TimeoutError as exc:
            self._not_before_s = time.monotonic() + _LITELLMS_WAY_S
            raise ValueError(f"Failed to generate embedding: no answer from {server.url}") from exc
        except (aiohttp.ClientError, ValueError, LookupError, TypeError):
            self._not_before_s = time.monotonic() + _LITELLMS_WAY_S
            return await self._litellms(cache, prompt, metadata=metadata)
        _known.set((cache, prompt, vector))
        return vector

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()


def _server_of(cache: Any) -> EmbeddingServer | None:
    from litellm.proxy import proxy_server

    router = proxy_server.llm_router
    if router is None or cache.embedding_max_input_tokens is not None:
        return None
    return plain_server(router.get_model_list(model_name=cache.embedding_model) or [])


async def _ask(
    session: aiohttp.ClientSession, server: EmbeddingServer, text: str, timeout_s: float
) -> Vector:
    async with session.post(
        server.url,
        data=orjson.dumps({"model": server.model, "input": text}),
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        raise_for_status=True,
    ) as answer:
        body = orjson.loads(await answer.read())
    vector: Vector = body["data"][0]["embedding"]
    return vector
