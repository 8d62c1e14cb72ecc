"""Why a call failed, in one word, by what the gateway answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway_kit.errors import (
    BudgetExceededError,
    ContextWindowError,
    CooldownError,
    KeyRefusedError,
    ModelNotFoundError,
    ProviderFailedError,
    RateLimitedError,
)
from gateway_kit.litellm_api.errors import classify
from gateway_kit.litellm_api.facts import error_message
from gateway_kit.litellm_api.limits import limit_in
from gateway_kit.load.call_rows import LEFT

# What each cause means, for the report and its documentation.
CAUSES: Mapping[str, str] = {
    "key_limit": "a limit of the key: calls or tokens a minute, or calls at a time",
    "team_limit": "a limit of the team or of its member",
    "user_limit": "a limit of the user or the customer",
    "deployment_limit": "a limit of the deployments of the model",
    "other_limit": "another limit of the gateway: an organization's, a project's, a tag's, a session's",
    "provider_limit": "the provider's own limit (429)",
    "budget": "a budget is spent",
    "cooldown": "every deployment of the model was cooling down",
    "model": "the configuration, or the provider, has no such model",
    "context_window": "the prompt is too long for the model",
    "guardrail": "a guardrail or the provider's content filter refused it",
    "key": "the gateway does not know the key, or the key may not use the model",
    "refused": "the request is not valid for the gateway or the provider",
    "timeout": "no answer in time",
    "broken_stream": "the stream broke after it had begun",
    "provider": "the provider failed",
    "gateway": "the gateway itself failed",
    "unreachable": "the gateway did not answer, or the connection broke",
    "left": "in progress when the rehearsal was ended",
}

_BY_OWNER = {
    "the key's": "key_limit",
    "the team's": "team_limit",
    "the member's": "team_limit",
    "the user's": "user_limit",
    "the customer's": "user_limit",
    "the deployment": "deployment_limit",
    "the model's": "deployment_limit",
    "the provider's": "provider_limit",
}
_GUARDS = (
    "guardrail", "Violated ", "Content blocked", "Blocked entity", "ContentPolicyViolation", "RejectedRequestError",
    "content filter", "content_filter", "prompt injection", "Rejected message",
)  # fmt: skip
_ACCESS = ("key_model_access_denied", "team_model_access_denied", "user_model_access_denied")


class Refusal(NamedTuple):
    """What a failed call was answered: LiteLLM's type and its whole message."""

    error_type: str
    message: str


def refusal_in(body: bytes | str) -> Refusal:
    """The type and the message of an error answer's body."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return Refusal("", "")
    error = told.get("error") if isinstance(told, dict) else None
    error_type = str(error.get("type") or "") if isinstance(error, dict) else ""
    return Refusal(error_type, error_message(told) or "")


def cause_of(status: int | None, error: str | None, refusal: Refusal) -> str | None:
    """One of CAUSES; None for a call that went well. `error` is the call's short text.

    A stream that broke has the status 200, and in `error` what the event said that broke it.
    """
    if error is None:
        return None
    if error == LEFT:
        return "left"
    if status is None:
        return "timeout" if "timed out" in error or "timeout" in error.lower() else "unreachable"
    message = refusal.message or error
    cause = _cause_of_message(status, refusal.error_type, message)
    if status == 200 and cause in ("provider", "gateway", "refused"):
        return "broken_stream"
    return cause


def _cause_of_message(status: int, error_type: str, message: str) -> str:
    kind = classify(status if status != 200 else 500, error_type, message)
    limit = limit_in(error_type, message)
    if issubclass(kind, CooldownError):
        return "cooldown"
    if issubclass(kind, BudgetExceededError):
        return "budget"
    if issubclass(kind, ContextWindowError):
        return "context_window"
    if status < 500 and any(word in message for word in _GUARDS):
        return "guardrail"
    if error_type in _ACCESS:
        return "key"
    if issubclass(kind, ModelNotFoundError):
        return "model"
    if issubclass(kind, RateLimitedError) or (limit is not None and issubclass(limit.kind, RateLimitedError)):
        whose = limit.whose if limit is not None else ""
        return next((cause for owner, cause in _BY_OWNER.items() if whose.startswith(owner)), "other_limit")
    if issubclass(kind, KeyRefusedError):
        return "key"
    if status == 408 or "litellm.Timeout" in message or "APITimeoutError" in message:
        return "timeout"
    if issubclass(kind, ProviderFailedError):
        return "provider" if "litellm." in message or status == 200 else "gateway"
    return "refused"
