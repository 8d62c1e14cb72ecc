"""A change of a model has the models read again, and nothing else.

After each `/model/new`, `/model/update` and `/model/delete` LiteLLM 1.106.12 reads all that it keeps in its database:
guardrails, policies, vector stores, tools, agents, prompts and more, twenty queries of which none can have another
answer than before. It reads them at its start, when another gateway says that something was changed, and by a job
every while (`PROXY_CONFIG_RELOAD_INTERVAL_SECONDS`): these stay as they are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from functools import wraps
from typing import Any

_models_alone: ContextVar[bool] = ContextVar("models_alone", default=False)

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class ReadModelsAlone:
    """ASGI middleware that marks the requests that change a model."""

    def __init__(self, app: Callable[[_Message, _Receive, _Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["method"] != "GET" and scope["path"].startswith("/model/"):
            _models_alone.set(True)  # each request has a context of its own
        await self._app(scope, receive, send)


def read_models_alone() -> None:
    """Leave out what such a request has not changed; once in a process."""
    from litellm.proxy.proxy_server import ProxyConfig

    ProxyConfig._init_non_llm_objects_in_db = unless_marked(ProxyConfig._init_non_llm_objects_in_db)


def unless_marked(read: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The method, which does nothing in a request that is marked."""

    @wraps(read)
    async def read_others(*args: Any, **kwargs: Any) -> None:
        if not _models_alone.get():
            await read(*args, **kwargs)

    return read_others
