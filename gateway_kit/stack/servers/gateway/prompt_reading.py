"""Reads prompts of models `langfuse/…` beside the event loop, and from the trace store alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_NO_STORE = (
    "Model {model} takes a prompt from the trace store, and there is none. "
    "Start it with: gateway-kit up --tracing embedded; or set LANGFUSE_HOST and its two keys."
)
_NO_ANSWER = (
    "The prompt {name!r} could not be read: {host} does not answer ({error}). "
    "Look for what is wrong with: gateway-kit doctor"
)


class PromptReadingError(Exception):
    """A call's prompt cannot be read; LiteLLM answers with this status and message."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code, self.message = status_code, message


def read_prompts_aside() -> None:
    """Let a prompt that LiteLLM does not know yet be read in a thread.

    LiteLLM 1.106.12 reads it on its event loop: a trace store that hangs would stop every request, of any model, for
    twice LANGFUSE_TIMEOUT (20 s). Without LANGFUSE_HOST it would ask Langfuse's own cloud.
    """
    from litellm.router import Router

    if not hasattr(Router._prompt_management_factory, "aside"):
        Router._prompt_management_factory = _read_first(Router._prompt_management_factory)


def _read_first(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def aside(router: Any, model: str, messages: Any, kwargs: dict[str, Any]) -> Any:
        deployments = router.get_model_list(model_name=model) or [{}]
        params = deployments[0].get("litellm_params", {})
        if str(params.get("model")).startswith("langfuse/"):
            await asyncio.to_thread(_read, model, kwargs, params)
        return await call(router, model=model, messages=messages, kwargs=kwargs)

    aside.aside = True  # type: ignore[attr-defined]
    return aside


def _read(model: str, request: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """Put the prompt into the memory of LiteLLM's client, where the call then finds it."""
    name = request.get("prompt_id") or params.get("prompt_id")
    if not isinstance(name, str) or request.get("langfuse_host"):
        return  # LiteLLM says what is wrong, or asks the server that the request names
    host = os.environ.get("LANGFUSE_HOST")
    if not host:
        raise PromptReadingError(400, _NO_STORE.format(model=model))
    import httpx
    from litellm.integrations.langfuse.langfuse_prompt_management import langfuse_client_init

    # As LiteLLM asks for it, so that it is the same client.
    client = langfuse_client_init(
        langfuse_public_key=None,
        langfuse_secret=None,
        langfuse_secret_key=None,
        langfuse_host=None,
        allow_env_credentials=True,
    )
    label = request.get("prompt_label") or params.get("prompt_label")
    try:
        client.get_prompt(name, label=label, version=request.get("prompt_version"))
    except httpx.TransportError as exc:
        message = _NO_ANSWER.format(name=name, host=host, error=type(exc).__name__)
        raise PromptReadingError(503, message) from exc
