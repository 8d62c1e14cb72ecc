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
    def completed(*arguments: Any, **fields: Any) -> Any:
        fields["response_obj"] = _readable(fields.get("response_obj"))
        return log(*arguments, **fields)

    completed.completed = True  # type: ignore[attr-defined]
    return completed


def _readable(answer: Any) -> Any:
    """The answer with its usage as an object; a copy, since the caller may still hold the answer itself."""
    from litellm import Usage

    usage = getattr(answer, "usage", None)
    if not isinstance(usage, dict) or "prompt_tokens" not in usage:
        return answer
    return answer.model_copy(update={"usage": Usage(**usage)})
