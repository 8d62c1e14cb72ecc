"""Whose budget, limit or cooldown it was, by the messages in LiteLLM 1.106's own sources."""

from __future__ import annotations

import httpx
import pytest

from gateway_kit import errors
from gateway_kit.litellm_api.errors import from_response

BUDGETS = {
    "Budget has been exceeded! Key=lessons (sk-...dk9A) Current cost: 2e-05, Max budget: 1e-05": "the key's budget",
    "ExceededBudget: Key over 1d budget. Spend=$2.0000, Limit=$1.00": "the key's budget for 1d",
    "Budget has been exceeded! Team=t1 Current cost: 2, Max budget: 1": "the team's budget",
    "ExceededBudget: Team=t1 over 1d budget. Spend=$2.0000, Limit=$1.00": "the team's budget for 1d",
    "Budget has been exceeded! User=u1 in Team=t1 Current cost: 2, Max budget: 1": "the member's budget in the team",
    "Budget has been exceeded! TeamMember=u1:t1 Current cost: 2, Max budget: 1": "the member's budget in the team",
    "ExceededBudget: User=u1 over budget. Spend=2, Budget=1": "the user's budget",
    "Budget has been exceeded! User=u1 Current cost: 2, Estimated request cost: 1, Max budget: 1": "the user's budget",
    "ExceededBudget: End User=c1 over budget. Spend=2, Budget=1": "the customer's budget",
    "Budget has been exceeded! EndUser=c1 Current cost: 2, Max budget: 1": "the customer's budget",
    "Budget has been exceeded! Organization=o1 Current cost: 2, Max budget: 1": "the organization's budget",
    "Budget has been exceeded! Project=p1 Current cost: 2, Max budget: 1": "the project's budget",
    "Budget has been exceeded! Tag=blue Current cost: 2, Max budget: 1": "the budget of the tag blue",
    "Budget has been exceeded! Model access group=best Current cost: 2, Max budget: 1": (
        "the budget of the model access group best"
    ),
    "Budget has been exceeded! Current cost: 2, Max budget: 1": "the whole gateway's budget",
    "LiteLLM Virtual Key: 49ca, key_alias: lessons, exceeded budget for model=gpt-4o": (
        "the key's budget for the model gpt-4o"
    ),
    "LiteLLM Team: t1, exceeded budget for model=gpt-4o": "the team's budget for the model gpt-4o",
    "LiteLLM User: u1, exceeded budget for model=gpt-4o": "the user's budget for the model gpt-4o",
    "LiteLLM End User: c1, exceeded budget for model=gpt-4o": "the customer's budget for the model gpt-4o",
    "No deployments available - crossed budget: Exceeded budget for provider openai: 2.0 >= 1.0\n": (
        "the budget of the provider openai"
    ),
    "No deployments available - crossed budget: Exceeded budget for deployment model_name: one, litellm_params.model: "
    "openai/gpt-4o, model_id: 7: 2.0 >= 1d\n": "the budget of the model one",
    "No deployments available - crossed budget: Exceeded budget for tag='blue', tag_spend=2.0, tag_budget_limit=1\n": (
        "the budget of the tag blue"
    ),
    "Session budget exceeded for session s1. Current spend: $2.0000, max_budget_per_session: $1.00.": (
        "the budget of the session s1"
    ),
}  # fmt: skip

LIMITS = {
    "Rate limit exceeded for api_key: 49ca. Limit type: requests. Current limit: 2, Remaining: 0. Limit resets at: x": (
        "the key's limit"
    ),
    "Rate limit exceeded for team: t1. Limit type: tokens. Current limit: 2, Remaining: 0. Limit resets at: x": (
        "the team's limit"
    ),
    "Rate limit exceeded for model_per_key: 49ca:gpt-4o. Limit type: requests. Current limit: 2, Remaining: 0.": (
        "the key's limit for this model"
    ),
    "Rate limit exceeded for end_user: c1. Limit type: max_parallel_requests. Current limit: 2, Remaining: 0.": (
        "the customer's limit"
    ),
    "Rate limit exceeded for something_new: 1. Limit type: requests.": "a limit of `something_new`",
    "Rate limit exceeded for api_key: 49ca": "the key's limit",
    "litellm.RateLimitError: Deployment has all max_parallel_requests slots in use. Deployment model_group=one, id=7": (
        "the deployment's limit of calls at a time"
    ),
    "litellm.RateLimitError: Model rate limit exceeded. RPM limit=2, current usage=3": "the deployment's limit",
    "litellm.RateLimitError: Deployment over defined rpm limit=2. current usage=3": "the deployment's limit",
    "Model capacity reached for one. Priority: None, Rate limit type: requests": "the model's limit",
    "Max iterations exceeded for session s1. Current count: 3, max_iterations: 2.": "the session's limit of calls",
    "No deployments available for selected model, Try again in 5 seconds. Passed model=one. pre-call-checks=False, "
    "cooldown_list=['8']": "the deployments' limits",
    "litellm.RateLimitError: RateLimitError: OpenAIException - Slow down": "the provider's limit",
}  # fmt: skip

COOLDOWN = (
    "No deployments available for selected model, Try again in 4.5 seconds. All deployments for selected model are in "
    "cooldown. Passed model={model}. pre-call-checks=False, cooldown_list=['7']"
)


def answer(
    message: str,
    *,
    model: str = "one",
    status: int = 429,
    kind: str = "None",
    host: str = "a",
    **headers: str,
) -> errors.GatewayError:
    request = httpx.Request("POST", f"http://{host}:4000/v1/chat/completions", json={"model": model})
    body = {"error": {"message": message, "type": kind}}
    return from_response(httpx.Response(status, json=body, headers=headers, request=request))


@pytest.mark.parametrize(("message", "whose"), BUDGETS.items())
@pytest.mark.parametrize(
    ("status", "kind"), [(429, "budget_exceeded"), (422, "budget_exceeded"), (429, "None")]
)
def test_a_spent_budget_names_its_owner(message: str, whose: str, status: int, kind: str) -> None:
    error = answer(message, status=status, kind=kind)
    assert isinstance(error, errors.BudgetExceededError)
    assert error.whose == whose
    assert f"{whose[1:]} is spent" in str(error)


@pytest.mark.parametrize(("message", "whose"), LIMITS.items())
def test_a_limit_names_its_owner_and_no_other(message: str, whose: str) -> None:
    error = answer(message)
    assert isinstance(error, errors.RateLimitedError)
    assert error.whose == whose
    assert ("limit of the key" in str(error).split("\n")[1]) is (whose == "the provider's limit")


def test_a_kept_cooldown_says_what_failed_first_and_until_when() -> None:
    first = "litellm.AuthenticationError: AuthenticationError: OpenAIException - wrong key"
    assert isinstance(answer(first, status=401, model="m-1"), errors.ProviderFailedError)
    answer("litellm.InternalServerError: other", status=500, model="m-2")
    error = answer(COOLDOWN.format(model="m-1"), model="m-1", kind="all_deployments_in_cooldown")
    assert isinstance(error, errors.CooldownError)
    assert not isinstance(error, errors.RateLimitedError)
    assert error.first_failure == first
    assert error.retry_after_s == 4.5
    advice = str(error).split("\n")[1]
    assert "No limit of yours" in advice
    assert "`m-1`" in advice
    assert first in advice


def test_what_failed_first_is_that_gateways_and_that_models() -> None:
    answer("litellm.InternalServerError: down", status=500, model="m-3", host="here")
    for model, host in (("m-3", "there"), ("m-4", "here")):
        error = answer(COOLDOWN.format(model=model), model=model, host=host)
        assert isinstance(error, errors.CooldownError)
        assert error.first_failure is None
        assert "gateway-kit logs gateway" in str(error)


def test_the_header_says_how_long_a_cooldown_lasts() -> None:
    error = answer(COOLDOWN.format(model="one"), **{"retry-after": "5"})
    assert isinstance(error, errors.CooldownError)
    assert error.retry_after_s == 5


def test_a_provider_without_the_model_is_not_a_misspelt_name() -> None:
    lacking = answer("litellm.NotFoundError: NotFoundError: OpenAIException - no such model", status=404)
    unknown = answer("Invalid model name passed in model=nope.", status=400)
    assert type(lacking) is type(unknown) is errors.ModelNotFoundError
    assert "litellm_params" in str(lacking)
    assert "litellm_params" not in str(unknown)
