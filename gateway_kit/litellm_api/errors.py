"""LiteLLM's error answers as the kit's exceptions: its own message, and one sentence on what to do next. Internal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from gateway_kit.errors import (
    BudgetExceededError,
    ContextWindowError,
    CooldownError,
    GatewayError,
    GatewayUnreachableError,
    KeyRefusedError,
    ModelNotFoundError,
    ProviderFailedError,
    RateLimitedError,
    RequestRefusedError,
)
from gateway_kit.litellm_api.connection import unreachable
from gateway_kit.litellm_api.facts import error_message
from gateway_kit.litellm_api.first_failures import NOBODY, Called, Failure, FailureMemory
from gateway_kit.litellm_api.limits import limit_in

if TYPE_CHECKING:
    import openai

_NEXT: Mapping[type[GatewayError], str] = {
    KeyRefusedError: (
        "Use a key that this gateway knows and that may do this: gateway-kit env prints the pre-configured one, "
        "and the Admin UI at /ui lists them all."
    ),
    ModelNotFoundError: "Ask for one of the names in gateway.models.list().",
    RateLimitedError: "Wait as long as it says, send less at once, or raise the limit.",
    BudgetExceededError: "Raise the budget in the Admin UI at /ui; waiting helps when it resets.",
    ContextWindowError: "Shorten the prompt, or give the model a context-window fallback.",
    RequestRefusedError: "Correct the request as the message says.",
    ProviderFailedError: (
        "Look at: gateway-kit logs gateway. Retries, or a fallback to another model, hide such failures."
    ),
}


# The failures that this process has met: LiteLLM's cooldown message says that something failed, and not what.
_failures = FailureMemory()

_NOT_AT_PROVIDER = (
    "The provider has no such model, or no such endpoint: correct `model` or `api_base` in the model's litellm_params. "
    "gateway.models.list() shows both."
)


def from_response(response: httpx.Response) -> GatewayError:
    """The exception for an error answer whose body has been read."""
    try:
        body = response.json()
    except ValueError:
        body = None
    message = error_message(body) or f"no message, HTTP {response.status_code}"
    error = body.get("error") if isinstance(body, dict) else None
    error_type = str(error.get("type")) if isinstance(error, dict) else ""
    kind = classify(response.status_code, error_type, message)
    error = build(
        kind,
        message,
        status=response.status_code,
        request_id=response.headers.get("x-litellm-call-id"),
        error_type=error_type,
        retry_after_s=_retry_after_s(response.headers),
        called=_called(_request_of(response)),
    )
    if isinstance(error, RateLimitedError):
        error.retry_after_s = _retry_after_s(response.headers)
    return error


def from_openai(exc: openai.APIError, url: str) -> GatewayError:
    """The exception for what the OpenAI client raised."""
    import openai

    if isinstance(exc, openai.APIStatusError):
        return from_response(exc.response)
    if isinstance(exc, openai.APITimeoutError):
        return GatewayUnreachableError(
            f"The gateway at {url} took longer than the client's time limit. A model behind it may be slow: "
            "connect(timeout_s=…) waits longer, and gateway-kit status shows whether all services run."
        )
    if isinstance(exc, openai.APIConnectionError):
        if isinstance(exc.__cause__, httpx.LocalProtocolError):
            return _not_sent(str(exc.__cause__))
        return unreachable(url, str(exc.__cause__ or exc))
    # An error event in a stream that had begun with 200; its `code` is the status it would have had.
    code = str(exc.code or "")
    error_type = str(exc.type or "")
    kind = classify(int(code) if code.isdigit() else 500, error_type, exc.message)
    return build(kind, exc.message, status=200, error_type=error_type, called=_called(exc.request))


def from_transport(exc: httpx.TransportError, url: str) -> GatewayError:
    """The exception for a connection that failed, or broke while an answer was read."""
    if isinstance(exc, httpx.RemoteProtocolError | httpx.ReadError):
        return build(ProviderFailedError, f"The connection broke: {exc}")
    return unreachable(url, f"{type(exc).__name__}: {exc}".rstrip(": "))


@contextmanager
def sendable() -> Iterator[None]:
    """Raise RequestRefusedError for a request that cannot be sent: text that is no Unicode, a header beyond ASCII."""
    try:
        yield
    except UnicodeEncodeError as exc:
        raise _unsendable(exc) from exc
    except httpx.LocalProtocolError as exc:
        raise _not_sent(str(exc)) from exc


def _unsendable(exc: UnicodeEncodeError) -> GatewayError:
    part = f"{exc.object[exc.start : exc.end]!a} at position {exc.start}"
    if "surrogate" in exc.reason:
        return _not_sent(
            f"it holds {part}, half of a character (a lone surrogate), as in bytes that were read with the wrong "
            f"encoding. text.encode('utf-8', 'replace').decode() replaces it"
        )
    return _not_sent(f"a header or a key holds {part}, and takes ASCII only")


def _not_sent(why: str) -> GatewayError:
    return RequestRefusedError(f"The request was not sent: {why}.")


def build(
    kind: type[GatewayError],
    message: str,
    *,
    status: int | None = None,
    request_id: str | None = None,
    error_type: str = "",
    called: Called = NOBODY,
    retry_after_s: float | None = None,
) -> GatewayError:
    """An exception with LiteLLM's message and the next step; a cooldown's says what failed before it."""
    name = ", a cooldown" if issubclass(kind, CooldownError) else ""
    head = f"LiteLLM answered {status}{name}: " if status and status >= 400 else ""
    limit = limit_in(error_type, message)
    before = _failures.recall(called) if issubclass(kind, CooldownError) else None
    if issubclass(kind, CooldownError):
        wait_s = retry_after_s or _seconds_in(message)
        advice = _cooldown_advice(called.model, wait_s, before)
    elif limit is not None and issubclass(kind, limit.kind):
        advice = limit.advice
    elif issubclass(kind, ModelNotFoundError) and message.startswith("litellm."):
        advice = _NOT_AT_PROVIDER
    else:
        advice = _NEXT[kind]
    if message.startswith("litellm.") and not issubclass(kind, CooldownError) and called.model:
        _failures.remember(called, message)
    error = kind(
        f"{head}{message.strip()}\n{advice}",
        status=status,
        gateway_message=message,
        request_id=request_id,
    )
    if isinstance(error, CooldownError):
        error.retry_after_s = wait_s
        error.first_failure = before.message if before else None
    elif isinstance(error, RateLimitedError | BudgetExceededError) and limit is not None:
        error.whose = limit.whose
    return error


def _cooldown_advice(model: str, wait_s: float | None, before: Failure | None) -> str:
    """The advice for a cooldown: it is no limit, how long it lasts, and what failed first."""
    name = f"`{model}`" if model else "this model"
    until = f"for {wait_s:.0f} s" if wait_s else "for a while"
    head = f"No limit of yours is reached: every deployment of {name} failed before and is cooling down, {until}."
    if before is None:
        return (
            f"{head} This program has not seen that failure: look at gateway-kit logs gateway, or at the failed calls "
            "in gateway.spend.logs() and in the traces."
        )
    message = before.message.strip().splitlines()[0][:500]
    return f"{head} What failed, {before.seconds_ago:.0f} s ago: {message} Fix that, then ask again."


def classify(status: int, error_type: str, message: str) -> type[GatewayError]:
    """The kind of an error, by LiteLLM's type and text first: a spent budget is 400, 422 or 429 by release."""
    limit = limit_in(error_type, message)
    if limit is not None and issubclass(limit.kind, BudgetExceededError | CooldownError):
        return limit.kind
    if error_type == "budget_exceeded" or "Budget has been exceeded" in message:
        return BudgetExceededError
    if "ContextWindowExceededError" in message:
        return ContextWindowError
    if "Invalid model name" in message or (status == 404 and "NotFoundError" in message):
        return ModelNotFoundError
    if status in (401, 403):
        # The provider may have refused the gateway's own key: nothing that the caller's key could change.
        return ProviderFailedError if message.startswith("litellm.") else KeyRefusedError
    if status == 429:
        return RateLimitedError
    if status >= 500 or status == 408:
        return ProviderFailedError
    return RequestRefusedError


def _request_of(response: httpx.Response) -> httpx.Request | None:
    try:
        return response.request
    except RuntimeError:  # made by hand, without a request
        return None


def _called(request: httpx.Request | None) -> Called:
    """Which gateway was called and for which model; NOBODY if the request does not tell."""
    if request is None:
        return NOBODY
    try:
        body = json.loads(request.content)
    except (ValueError, httpx.RequestNotRead):
        return NOBODY
    model = body.get("model") if isinstance(body, dict) else None
    return Called(f"{request.url.host}:{request.url.port}", model) if isinstance(model, str) else NOBODY


def _seconds_in(message: str) -> float | None:
    match = re.search(r"Try again in ([\d.]+) seconds", message)
    try:
        return float(match[1]) if match else None
    except ValueError:
        return None


def _retry_after_s(headers: Mapping[str, Any]) -> float | None:
    text = headers.get("retry-after") or headers.get("llm_provider-retry-after")
    try:
        return float(text) if text else None
    except ValueError:  # an HTTP date; LiteLLM sends seconds
        return None
