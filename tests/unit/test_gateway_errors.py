"""LiteLLM's error answers, as LiteLLM 1.106.2 sends them, become the right exceptions."""

from __future__ import annotations

import httpx
import pytest

from gateway_kit import errors
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.errors import from_response

CASES = [
    (
        400,
        "invalid_request_error",
        "/chat/completions: Invalid model name passed in model=nope.",
        "ModelNotFoundError",
    ),
    (
        404,
        "None",
        "litellm.NotFoundError: NotFoundError: OllamaException - no such model",
        "ModelNotFoundError",
    ),
    (
        401,
        "token_not_found_in_db",
        "Authentication Error, Invalid proxy server token passed.",
        "KeyRefusedError",
    ),
    (401, "expired_key", "Authentication Error - Expired Key.", "KeyRefusedError"),
    (
        403,
        "key_model_access_denied",
        "The requested model is not available for this API key",
        "KeyRefusedError",
    ),
    (401, "None", "litellm.AuthenticationError: AuthenticationError: OpenAIException", "ProviderFailedError"),
    (422, "budget_exceeded", "Budget has been exceeded! Current cost: 9e-06", "BudgetExceededError"),
    (429, "throttling_error", "Rate limit exceeded for api_key: 49ca", "RateLimitedError"),
    (400, "None", "litellm.ContextWindowExceededError: litellm.BadRequestError: …", "ContextWindowError"),
    (400, "invalid_request_error", "Missing required parameter: 'messages'.", "RequestRefusedError"),
    (500, "internal_server_error", "litellm.InternalServerError: Connection error.", "ProviderFailedError"),
    (408, "None", "litellm.Timeout: timed out", "ProviderFailedError"),
]


@pytest.mark.parametrize(("status", "error_type", "message", "expected"), CASES)
def test_the_answer_decides_the_exception(status: int, error_type: str, message: str, expected: str) -> None:
    body = {"error": {"message": message, "type": error_type, "code": str(status)}}
    error = from_response(httpx.Response(status, headers={"x-litellm-call-id": "id-1"}, json=body))
    assert type(error).__name__ == expected
    assert isinstance(error, errors.GatewayError)
    assert (error.status, error.gateway_message, error.request_id) == (status, message, "id-1")
    head, advice = str(error).split("\n", 1)
    assert message in head
    assert advice.endswith(".")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "60"}, 60.0),
        ({"llm_provider-retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    error = from_response(httpx.Response(429, headers=headers, json={"error": {"message": "Slow down"}}))
    assert isinstance(error, errors.RateLimitedError)
    assert error.retry_after_s == seconds


def test_an_answer_that_is_no_json() -> None:
    error = from_response(httpx.Response(502, text="<html>Bad gateway</html>"))
    assert isinstance(error, errors.ProviderFailedError)
    assert "HTTP 502" in str(error)


@pytest.mark.parametrize(
    ("failure", "words"),
    [(httpx.ConnectError("refused"), "gateway-kit up"), (httpx.ReadTimeout("timed out"), "timeout_s")],
)
def test_no_answer_names_the_next_step(failure: Exception, words: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    gateway = Gateway(Connection("http://gateway.test", "sk-abcd"), transport=httpx.MockTransport(fail))
    for call in (
        lambda: gateway.ask("Hello"),
        lambda: gateway.stream("Hello"),
        lambda: gateway.embed("Hello"),
    ):
        with pytest.raises(errors.GatewayUnreachableError, match=words):
            call()
