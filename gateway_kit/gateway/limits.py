"""Which budget, limit or cooldown an answer of LiteLLM speaks of, and what helps: told from its message.

LiteLLM 1.106 answers all of these with 400, 422 or 429, and mostly with the type `budget_exceeded`,
`throttling_error` or `None`: only the text says whose they are. Where its sources differ in wording for the same thing
(a check beforehand, a reservation, a window of time), so do the patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway_kit.errors import BudgetExceededError, CooldownError, GatewayError, RateLimitedError

_ADMIN = "in the Admin UI at /ui"
_WAIT = "waiting helps when it resets"


@dataclass(frozen=True)
class Limit:
    """What was met: the exception for it, whose it is (`the team's budget`), and the next step."""

    kind: type[GatewayError]
    whose: str
    advice: str


def limit_in(error_type: str, message: str) -> Limit | None:
    """The limit that a message speaks of; None where it speaks of none."""
    if error_type == "all_deployments_in_cooldown" or "selected model are in cooldown" in message:
        return Limit(CooldownError, "a cooldown", "")
    for pattern, whose, advice in _BUDGETS:
        if found := pattern.search(message):
            return _limit(BudgetExceededError, whose, advice, found)
    for pattern, whose, advice in _LIMITS:
        if found := pattern.search(message):
            return _limit(RateLimitedError, whose, advice, found)
    if found := _THROTTLED.search(message):
        whose, mend = _OWNERS.get(found["owner"], (f"a limit of `{found['owner']}`", f"raise it {_ADMIN}"))
        unit = _UNITS.get(found["unit"] or "", "")
        what = f"{whose}{f', in {unit},' if unit else ''} is reached"
        return Limit(
            RateLimitedError, whose, f"{what[0].upper()}{what[1:]}: wait as long as it says, or {mend}."
        )
    return None


def _limit(kind: type[GatewayError], whose: str, advice: str, found: re.Match[str]) -> Limit:
    names = {name: value for name, value in found.groupdict().items() if value}
    return Limit(kind, whose.format(**names), advice.format(**names))


def _spent(whose: str, mend: str) -> tuple[str, str]:
    return whose, f"{whose[0].upper()}{whose[1:]} is spent: {mend}; {_WAIT}."


_KEYS_OWN = f"raise it {_ADMIN}, or use another key"
_ENTITIES = {
    "Virtual Key": ("the key's", "use another key"),
    "Team": ("the team's", "use a key of another team"),
    "User": ("the user's", "use a key of somebody else"),
    "End User": ("the customer's", "ask for another customer"),
}


def _model_budgets() -> list[tuple[re.Pattern[str], str, str]]:
    return [
        (
            re.compile(rf"LiteLLM {entity}: .*exceeded budget for model=(?P<model>\S+)"),
            *_spent(
                f"{whose} budget for the model {{model}}", f"ask for another model, raise it, or {other}"
            ),
        )
        for entity, (whose, other) in _ENTITIES.items()
    ]


# From the special to the general: a member's budget names the team too.
_BUDGETS: list[tuple[re.Pattern[str], str, str]] = [
    *_model_budgets(),
    (
        re.compile(r"Exceeded budget for provider (?P<name>[\w-]+)"),
        *_spent(
            "the budget of the provider {name}",
            "raise it in router_settings.provider_budget_config, or ask for a model of another provider",
        ),
    ),
    (
        re.compile(r"Exceeded budget for deployment model_name: (?P<name>[^,]+)"),
        *_spent(
            "the budget of the model {name}",
            "raise max_budget in its litellm_params, or ask for another model",
        ),
    ),
    (
        re.compile(r"Exceeded budget for tag='(?P<name>[^']*)'"),
        *_spent(
            "the budget of the tag {name}",
            "raise it in litellm_settings.tag_budget_config, or leave the tag out",
        ),
    ),
    (
        re.compile(r"No deployments available - crossed budget"),
        *_spent("a budget of the provider, the model or the tag", "ask for another model"),
    ),
    (
        re.compile(r"Session budget exceeded for session (?P<name>\S+)\. "),
        *_spent("the budget of the session {name}", "begin another session, or raise max_budget_per_session"),
    ),
    (
        re.compile(r"User=.* in Team=|TeamMember="),
        *_spent("the member's budget in the team", f"raise it {_ADMIN}, or use a key of another member"),
    ),
    (
        re.compile(r"Key over (?P<window>\S+) budget"),
        *_spent("the key's budget for {window}", _KEYS_OWN),
    ),
    (
        re.compile(r"Team=(?P<name>\S+) over (?P<window>\S+) budget"),
        *_spent("the team's budget for {window}", f"raise it {_ADMIN}, or use a key of another team"),
    ),
    (re.compile(r"exceeded! Key="), *_spent("the key's budget", _KEYS_OWN)),
    (
        re.compile(r"exceeded! Team="),
        *_spent(
            "the team's budget", f"raise it {_ADMIN}, or use a key of another team; all its keys share it"
        ),
    ),
    (
        re.compile(r"(ExceededBudget: |exceeded! )End ?User="),
        *_spent("the customer's budget", f"raise it {_ADMIN}"),
    ),
    (
        re.compile(r"(ExceededBudget: |exceeded! )User="),
        *_spent("the user's budget", f"raise it {_ADMIN}; all keys of the user share it"),
    ),
    (re.compile(r"exceeded! Organization="), *_spent("the organization's budget", f"raise it {_ADMIN}")),
    (re.compile(r"exceeded! Project="), *_spent("the project's budget", f"raise it {_ADMIN}")),
    (
        re.compile(r"exceeded! Tag=(?P<name>\S+)"),
        *_spent("the budget of the tag {name}", f"raise it {_ADMIN}"),
    ),
    (
        re.compile(r"exceeded! Model access group=(?P<name>\S+)"),
        *_spent("the budget of the model access group {name}", "ask for a model outside it"),
    ),
    (
        re.compile(r"Budget has been exceeded! Current cost"),
        *_spent("the whole gateway's budget", "raise litellm_settings.max_budget"),
    ),
]

_LIMITS: list[tuple[re.Pattern[str], str, str]] = [
    (
        re.compile(r"max_parallel_requests slots in use"),
        "the deployment's limit of calls at a time",
        "Send less at once, or raise max_parallel_requests in the model's litellm_params.",
    ),
    (
        re.compile(r"Model rate limit exceeded|[Dd]eployment over (defined|user-defined)"),
        "the deployment's limit",
        "The deployment's own rpm or tpm is reached: wait a minute, raise it in the model's litellm_params, or add a "
        "deployment.",
    ),
    (
        re.compile(r"(Model capacity reached|Priority-based rate limit exceeded)"),
        "the model's limit",
        "The model's rpm and tpm are used up, or the share of this key's priority: wait a minute, or raise them in its "
        "litellm_params.",
    ),
    (
        re.compile(r"Max iterations exceeded for session"),
        "the session's limit of calls",
        "Begin another session, or raise max_iterations.",
    ),
    (
        re.compile(r"Batch rate limit exceeded|as running batches complete"),
        "the limit for batches",
        "Wait until running batches have ended, or send a smaller one.",
    ),
    (
        re.compile(r"No deployments available for selected model"),
        "the deployments' limits",
        "No deployment of this model takes the call now: each is at its rpm or tpm, rests, or is ruled out by a check "
        "beforehand. Wait as long as it says, or add a deployment.",
    ),
    (
        re.compile(r"^litellm\.RateLimitError"),
        "the provider's limit",
        "The provider itself limits: wait as long as it says, or let a second deployment or a fallback take over; no "
        "limit of the key is concerned.",
    ),
]

# "Rate limit exceeded for api_key: 49ca. Limit type: requests. Current limit: 2, Remaining: 0. …"
_THROTTLED = re.compile(
    r"Rate limit exceeded for (?P<owner>\w+): .*?(?:Limit type: (?P<unit>\w+)|$)", re.DOTALL
)
_UNITS = {
    "requests": "calls a minute",
    "tokens": "tokens a minute",
    "max_parallel_requests": "calls at a time",
}
_OWNERS = {
    "api_key": ("the key's limit", f"raise it {_ADMIN}"),
    "user": ("the user's limit", "raise that of the user, whose keys share it"),
    "team": ("the team's limit", "raise that of the team, whose keys share it"),
    "team_member": ("the member's limit in the team", "raise that of the member"),
    "end_user": ("the customer's limit", "raise the rpm or tpm of the customer's budget"),
    "organization": ("the organization's limit", "raise that of the organization"),
    "project": ("the project's limit", "raise that of the project"),
    "agent": ("the agent's limit", "raise that of the agent"),
    "tag": ("the tag's limit", "raise that of the tag"),
    "model_per_key": ("the key's limit for this model", "ask for another model, or raise it at the key"),
    "model_per_team": ("the team's limit for this model", "ask for another model, or raise it at the team"),
    "model_per_organization": ("the organization's limit for this model", "ask for another model"),
    "model_per_project": ("the project's limit for this model", "ask for another model"),
    "tag_per_key": ("the key's limit for this tag", "raise it at the key, or leave the tag out"),
}
