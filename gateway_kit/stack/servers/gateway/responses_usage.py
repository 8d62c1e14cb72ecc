"""The tokens of streamed responses, which LiteLLM's Langfuse callback loses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def complete_traces_of_responses() -> None:
    """Let the traces of streamed calls of /v1/responses have their usage.

    LiteLLM 1.106.12 hands callbacks the usage of such a stream as a dict, of every other call as an object. Its
    Langfuse callback reads attributes, finds none and records 0 tokens, though the cost is right.
    """
    from litellm.integrations.langfuse.langfuse import LangFuseLogger

    if not hasattr(LangFuseLogger._log_langfuse_v2, "completed"):
        LangFuseLogger._log_langfuse_v2 = _with_usage(LangFuseLogger._log_langfuse_v2)


def _with_usage(log: Callable[..., Any]) -> Callable[..., Any]:
    def completed(logger: object, *, response_obj: Any, **fields: Any) -> Any:
        from litellm import Usage

        usage = getattr(response_obj, "usage", None)
        if isinstance(usage, dict) and "prompt_tokens" in usage:
            # A copy: the caller may still hold the answer itself.
            response_obj = response_obj.model_copy(update={"usage": Usage(**usage)})
        return log(logger, response_obj=response_obj, **fields)

    completed.completed = True  # type: ignore[attr-defined]
    return completed
