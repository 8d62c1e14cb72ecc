"""Which version of a prompt a call used: LiteLLM asks for one version and says another in the trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

_KEPT = "used_prompt"  # of a call, beside what LiteLLM keeps of it
_read: ContextVar[Any] = ContextVar("the prompt that this task read last", default=None)
_used: ContextVar[Any] = ContextVar("the prompt of the call that is being recorded", default=None)


def tell_prompt_versions() -> None:
    """Let a call with a prompt use the version that it asks for, and its trace name that version.

    LiteLLM 1.106.12, for models `langfuse/…`: it reads the version with the label "production" first, whichever is
    asked for, and fails without one; it does not pass a request's `prompt_version` on; and it links the trace to
    "production" again, so that a version under trial has no calls and no costs.
    """
    from litellm.integrations.langfuse import langfuse
    from litellm.integrations.langfuse.langfuse_prompt_management import LangfusePromptManagement
    from litellm.litellm_core_utils.litellm_logging import Logging

    if hasattr(Logging.get_chat_completion_prompt, "completed"):
        return
    LangfusePromptManagement.should_run_prompt_management = _runs_with_a_prompt
    LangfusePromptManagement._get_prompt_from_id = _noting_what_is_read(
        LangfusePromptManagement._get_prompt_from_id
    )
    Logging.get_chat_completion_prompt = _keeping_what_is_used(Logging.get_chat_completion_prompt)
    Logging.async_get_chat_completion_prompt = _keeping_what_is_used_async(
        Logging.async_get_chat_completion_prompt
    )
    langfuse.LangFuseLogger.log_event_on_langfuse = _telling_what_was_used(
        langfuse.LangFuseLogger.log_event_on_langfuse
    )
    langfuse._add_prompt_to_generation_params = _linked(langfuse._add_prompt_to_generation_params)


def _runs_with_a_prompt(_: Any, prompt_id: str | None = None, **__: Any) -> bool:
    return prompt_id is not None


def _noting_what_is_read(get: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*arguments: Any, **fields: Any) -> Any:
        prompt = get(*arguments, **fields)
        _read.set(prompt)
        return prompt

    return noting


def _keeping_what_is_used(compile_prompt: Callable[..., Any]) -> Callable[..., Any]:
    def keeping(logging: Any, *arguments: Any, **fields: Any) -> Any:
        _start(fields)
        compiled = compile_prompt(logging, *arguments, **fields)
        _keep(logging)
        return compiled

    keeping.completed = True  # type: ignore[attr-defined]
    return keeping


def _keeping_what_is_used_async(
    compile_prompt: Callable[..., Awaitable[Any]],
) -> Callable[..., Awaitable[Any]]:
    async def keeping(logging: Any, *arguments: Any, **fields: Any) -> Any:
        _start(fields)
        compiled = await compile_prompt(logging, *arguments, **fields)
        _keep(logging)
        return compiled

    return keeping


def _start(fields: dict[str, Any]) -> None:
    if fields.get("prompt_version") is None:
        fields["prompt_version"] = (fields.get("request_kwargs") or {}).get("prompt_version")
    _read.set(None)


def _keep(logging: Any) -> None:
    if _read.get() is not None:
        logging.model_call_details[_KEPT] = _read.get()


def _telling_what_was_used(log: Callable[..., Any]) -> Callable[..., Any]:
    def telling(*arguments: Any, **fields: Any) -> Any:
        token = _used.set(fields["kwargs"].get(_KEPT))
        try:
            return log(*arguments, **fields)
        finally:
            _used.reset(token)

    return telling


def _linked(add: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def linked(**fields: Any) -> dict[str, Any]:
        prompt = _used.get()
        if prompt is None or "prompt" in fields["clean_metadata"]:  # an application links a prompt of its own
            return add(**fields)
        return {**fields["generation_params"], "prompt": prompt}

    return linked
