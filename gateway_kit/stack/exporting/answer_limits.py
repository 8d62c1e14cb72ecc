"""A limit to the answers of each model: what a call without `max_tokens` reserves of its key's budget.

LiteLLM reserves the price of the longest possible answer before a call, so that a few calls without a limit hold a
small budget, and others are refused though hardly anything was spent.
"""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.exporting.draft import Draft
from gateway_kit.stack.rehearsing.translation.models import facts_of, listed_as, split_model

_MOST = 4096
# An answer as long as all that a model reads at once leaves no room for the question.
_SHARE_OF_CONTEXT = 4
_ANSWERING = ("chat", "completion", "responses", None)


def limit_answers(draft: Draft) -> None:
    """Give each model that answers a `max_tokens`, unless it has one, and say so to LiteLLM's reckoning."""
    limited = False
    for deployment in draft.data.get("model_list") or []:
        params = deployment.get("litellm_params") if isinstance(deployment, dict) else None
        if not isinstance(params, dict) or not isinstance(params.get("model"), str) or "*" in params["model"]:
            continue
        info = deployment.get("model_info")
        info = info if isinstance(info, dict) else {}
        facts = {**facts_of(listed_as(*_names(params))), **info}
        if facts.get("mode") not in _ANSWERING or "max_output_tokens" in info:
            continue
        own = params.get("max_tokens", params.get("max_completion_tokens"))
        longest = own if isinstance(own, int) else _longest(facts)
        if own is None:
            params["max_tokens"] = longest
            limited = True
        deployment["model_info"] = {**info, "max_output_tokens": longest}
    if limited:
        draft.note(
            "Answers end at each model's `max_tokens`, unless a request says otherwise: so much a call reserves of its "
            "key's budget. Raise it for models that write long answers, with `max_output_tokens` below it."
        )


def _names(params: dict[str, Any]) -> tuple[str, str]:
    custom = params.get("custom_llm_provider")
    return split_model(params["model"], custom if isinstance(custom, str) else None)


def _longest(facts: dict[str, Any]) -> int:
    limits = [_MOST]
    if isinstance(facts.get("max_output_tokens"), int):
        limits.append(facts["max_output_tokens"])
    if isinstance(facts.get("max_input_tokens"), int):
        limits.append(facts["max_input_tokens"] // _SHARE_OF_CONTEXT)
    return max(1, min(limits))
