"""Which budget, limit or cooldown an answer of LiteLLM speaks of, and what to do about it. Internal.

LiteLLM 1.106 answers all of these with 400, 422 or 429, mostly with the type `budget_exceeded`, `throttling_error` or
`None`: only the message tells whose they are. LiteLLM words the same budget differently for a check beforehand, a
reservation and a window of time, and so do the patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway_kit.errors import BudgetExceededError, CooldownError, GatewayError, RateLimitedError

_ADMIN = "in the Admin UI at /ui"


@dataclass(frozen=True)
class Limit:
    """What was met: the exception for it, whose it is (`the team's budget`), and the next step."""

    kind: type[GatewayError]
    whose: str
    advice: str


class _Rule:
    """A limit that messages of one wording speak of; `whose` and `advice` may name the pattern's groups."""

    def __init__(self, kind: type[GatewayError], pattern: str, whose: str, advice: str) -> None:
        self._kind, self._pattern, self._whose, self._advice = kind, re.compile(pattern), whose, advice

    def limit_in(self, message: str) -> Limit | None:
        match = self._pattern.search(message)
        if match is None:
            return None
        names = {name: value for name, value in match.groupdict().items() if value}
        return Limit(self._kind, self._whose.format(**names), self._advice.format(**names))


def _budget(pattern: str, whose: str, fix: str) -> _Rule:
    advice = f"{whose[0].upper()}{whose[1:]} is spent: {fix}; waiting helps when it resets."
    return _Rule(BudgetExceededError, pattern, whose, advice)


def _limit(pattern: str, whose: str, advice: str) -> _Rule:
    return _Rule(RateLimitedError, pattern, whose, advice)


_KEYS_OWN = f"raise it {_ADMIN}, or use another key"
_ENTITIES = {
    "Virtual Key": ("the key's", "use another key"),
    "Team": ("the team's", "use a key of another team"),
    "User": ("the user's", "use a key of somebody else"),
    "End User": ("the customer's", "ask for another customer"),
}

# From the special to the general: a member's budget names the team too.
_RULES = (
    *(
        _budget(
            rf"LiteLLM {entity}: .*exceeded budget for model=(?P<model>\S+)",
            f"{whose} budget for the model {{model}}",
            f"ask for another model, raise it, or {other}",
        )
        for entity, (whose, other) in _ENTITIES.items()
    ),
    _budget(
        r"Exceeded budget for provider (?P<name>[\w-]+)",
        "the budget of the provider {name}",
        "raise it in router_settings.provider_budget_config, or ask for a model of another provider",
    ),
    _budget(
        r"Exceeded budget for deployment model_name: (?P<name>[^,]+)",
        "the budget of the model {name}",
        "raise max_budget in its litellm_params, or ask for another model",
    ),
    _budget(
        r"Exceeded budget for tag='(?P<name>[^']*)'",
        "the budget of the tag {name}",
        "raise it in litellm_settings.tag_budget_config, or leave the tag out",
    ),
    _budget(
        r"No deployments available - crossed budget",
        "a budget of the provider, the model or the tag",
        "ask for another model",
    ),
    _budget(
        r"Session budget exceeded for session (?P<name>\S+)\. ",
        "the budget of the session {name}",
        "begin another session, or raise max_budget_per_session",
    ),
    _budget(
        r"User=.* in Team=|TeamMember=",
        "the member's budget in the team",
        f"raise it {_ADMIN}, or use a key of another member",
    ),
    _budget(r"Key over (?P<window>\S+) budget", "the key's budget for {window}", _KEYS_OWN),
    _budget(
        r"Team=(?P<name>\S+) over (?P<window>\S+) budget",
        "the team's budget for {window}",
        f"raise it {_ADMIN}, or use a key of another team",
    ),
    _budget(r"exceeded! Key=", "the key's budget", _KEYS_OWN),
    _budget(
        r"exceeded! Team=",
        "the team's budget",
        f"raise it {_ADMIN}, or use a key of another team; all its keys share it",
    ),
    _budget(r"(ExceededBudget: |exceeded! )End ?User=", "the customer's budget", f"raise it {_ADMIN}"),
    _budget(
        r"(ExceededBudget: |exceeded! )User=",
        "the user's budget",
        f"raise it {_ADMIN}; all keys of the user share it",
    ),
    _budget(r"exceeded! Organization=", "the organization's budget", f"raise it {_ADMIN}"),
    _budget(r"exceeded! Project=", "the project's budget", f"raise it {_ADMIN}"),
    _budget(r"exceeded! Tag=(?P<name>\S+)", "the budget of the tag {name}", f"raise it {_ADMIN}"),
    _budget(
        r"exceeded! Model access group=(?P<name>\S+)",
        "the budget of the model access group {name}",
        "ask for a model outside it",
    ),
    _budget(
        r"Budget has been exceeded! Current cost",
        "the whole gateway's budget",
        "raise litellm_settings.max_budget",
    ),
    _limit(
        r"max_parallel_requests slots in use",
        "the deployment's limit of calls at a time",
        "Send less at once, or raise max_parallel_requests in the model's litellm_params.",
    ),
    _limit(
        r"Model rate limit exceeded|[Dd]eployment over (defined|user-defined)",
        "the deployment's limit",
        "The deployment's own rpm or tpm is reached: wait a minute, raise it in the model's litellm_params, or add a "
        "deployment.",
    ),
    _limit(
        r"(Model capacity reached|Priority-based rate limit exceeded)",
        "the model's limit",
        "The model's rpm and tpm are used up, or the share of this key's priority: wait a minute, or raise them in its "
        "litellm_params.",
    ),
    _limit(
        r"Max iterations exceeded for session",
        "the session's limit of calls",
        "Begin another session, or raise max_iterations.",
    ),
    _limit(
        r"Batch rate limit exceeded|as running batches complete",
        "the limit for batches",
        "Wait until running batches have ended, or send a smaller one.",
    ),
    _limit(
        r"No deployments available for selected model",
        "the deployments' limits",
        "No deployment of this model takes the call now: each is at its rpm or tpm, cools down, or is ruled out by a "
        "pre-call check. Wait as long as it says, or add a deployment.",
    ),
    _limit(
        r"^litellm\.RateLimitError",
        "the provider's limit",
        "The provider itself limits: wait as long as it says, or let a second deployment or a fallback take over; this "
        "is no limit of the key.",
    ),
)

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


def limit_in(error_type: str, message: str) -> Limit | None:
    """The limit that a message speaks of; None if it speaks of none."""
    if error_type == "all_deployments_in_cooldown" or "selected model are in cooldown" in message:
        return Limit(CooldownError, "a cooldown", "")
    for rule in _RULES:
        if (limit := rule.limit_in(message)) is not None:
            return limit
    return _throttled_limit(message)


def _throttled_limit(message: str) -> Limit | None:
    match = _THROTTLED.search(message)
    if match is None:
        return None
    whose, fix = _OWNERS.get(match["owner"], (f"a limit of `{match['owner']}`", f"raise it {_ADMIN}"))
    unit = _UNITS.get(match["unit"] or "", "")
    what = f"{whose}{f', in {unit},' if unit else ''} is reached"
    return Limit(RateLimitedError, whose, f"{what[0].upper()}{what[1:]}: wait as long as it says, or {fix}.")
