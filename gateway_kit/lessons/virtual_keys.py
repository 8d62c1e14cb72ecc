"""The exercises of lesson 02: a key with limits, two customers behind one key, and a leaked key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import BudgetExceededError, GatewayError, KeyRefusedError, RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys, VirtualKey
from gateway_kit.lessons.exercise import Criterion, Exercise, is_set, require

if TYPE_CHECKING:
    import pandas as pd

INTERNS, CHAT, FREE, GOLD, BILLING = "02-interns", "02-chat", "02-free", "02-gold", "02-billing"
_INTERN_MODELS = {"phi3", "smollm2"}
_INTERN_USD, _INTERN_RPM, _INTERN_DAYS = 0.05, 10, 30
_FREE_USD, _GOLD_USD = 0.00004, 0.01
_DAY = ("1d", "24h")
# Three of these cost more than the free customer has; the others are made only if no budget stops them.
_FREE_CALLS = 8
_PROMPT = "What is an LLM gateway?"
_CALL: Mapping[str, Any] = {"max_tokens": 20, "extra_body": {"cache": {"no-cache": True}}}


def _grade_interns(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A key for two models only, with a daily budget, a rate limit and an expiry."""
    gateway, interns = require(variables, gateway=Gateway, interns=VirtualKey)
    row, missing = _row(gateway.keys, interns)
    if row is None:
        return [Criterion("the gateway knows the key `interns`", False, missing)]
    models = set(row["models"])
    remaining = row["expires"] - datetime.now(UTC)  # NaT if it never expires: then every comparison is false
    allowed, refused = (_ask(gateway, interns, model) for model in ("phi3", "gpt-4o-mini"))
    return [
        Criterion(f"its name is `{INTERNS}`", row["key_alias"] == INTERNS, str(row["key_alias"])),
        Criterion(
            "it allows phi3 and smollm2 and nothing else",
            models == _INTERN_MODELS,
            ", ".join(sorted(models)) or "all models",
        ),
        Criterion(
            f"it may spend {_INTERN_USD} USD a day",
            _is(row["max_budget_usd"], _INTERN_USD) and _known(row["budget_duration"]) in _DAY,
            _budget(row),
        ),
        Criterion(
            f"it allows {_INTERN_RPM} requests a minute",
            _known(row["rpm_limit"]) == _INTERN_RPM,
            str(row["rpm_limit"]),
        ),
        Criterion(
            f"it expires within {_INTERN_DAYS} days",
            bool(timedelta(0) < remaining <= timedelta(days=_INTERN_DAYS)),
            str(row["expires"]),
        ),
        Criterion("phi3 answers it", allowed is None, str(allowed)),
        Criterion(
            "gpt-4o-mini is refused", isinstance(refused, KeyRefusedError), str(refused or "it answered")
        ),
    ]


def _grade_customers(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two end users with budgets of their own behind one key."""
    gateway, chat_key = require(variables, gateway=Gateway, chat_key=VirtualKey)
    customers = {str(row["end_user"]): row for _, row in gateway.keys.end_users.list().iterrows()}
    criteria = [
        _has_budget(name, usd, customers.get(name)) for name, usd in ((FREE, _FREE_USD), (GOLD, _GOLD_USD))
    ]
    refused = f"`{FREE}` is refused once that is spent"
    answered = f"`{GOLD}` is still answered, with the same key"
    if not all(criterion.met for criterion in criteria):
        # No call yet: LiteLLM creates an end user without a budget for every name that it meets.
        wait = "both budgets are needed first"
        return [*criteria, Criterion(refused, False, wait), Criterion(answered, False, wait)]
    error: GatewayError | None = None
    for _ in range(_FREE_CALLS):
        error = _ask(gateway, chat_key, "gpt-4o-mini", user=FREE)
        if error is not None:
            break
    over = isinstance(error, BudgetExceededError)
    criteria.append(Criterion(refused, over, str(error or f"{_FREE_CALLS} calls were answered")))
    error = _ask(gateway, chat_key, "gpt-4o-mini", user=GOLD)
    return [*criteria, Criterion(answered, error is None, str(error))]


def _has_budget(name: str, usd: float, row: pd.Series[Any] | None) -> Criterion:
    text = f"the end user `{name}` has {usd:.5f} USD a day"
    if row is None:
        return Criterion(text, False, "no such end user")
    met = _is(row["max_budget_usd"], usd) and _known(row["budget_duration"]) in _DAY
    return Criterion(text, met, _budget(row))


def _grade_leak(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A leaked key is identified, revoked, and replaced by one with the same rights and the rest of its budget."""
    gateway, posted = require(variables, gateway=Gateway, posted=str)
    whose = variables.get("whose")
    leaked = _ask_with(gateway, posted, "gpt-4o-mini")
    revoked = isinstance(leaked, KeyRefusedError)
    criteria = [
        Criterion("`whose` is the name of the posted key", whose == BILLING, repr(whose)),
        Criterion("the posted key no longer works", revoked, str(leaked or "it still answers")),
        is_set(variables, "replacement", VirtualKey),
    ]
    if not criteria[-1].met:
        return criteria
    replacement = variables["replacement"]
    row, missing = _row(gateway.keys, replacement)
    if row is None:
        return [*criteria, Criterion("the gateway knows the key `replacement`", False, missing)]
    before = gateway.spend.logs(key=posted)
    spent_usd = float(before.loc[before["status"] == "success", "cost_usd"].sum())
    works = _ask(gateway, replacement, "gpt-4o-mini")
    return [
        *criteria,
        Criterion(f"its name is `{BILLING}`, as before", row["key_alias"] == BILLING, str(row["key_alias"])),
        Criterion(
            "it allows the same two models",
            set(row["models"]) == {"gpt-4o-mini", "phi3"},
            ", ".join(row["models"]) or "all models",
        ),
        Criterion(
            "it has the same budget, 0.01 USD", _is(row["max_budget_usd"], 0.01), str(row["max_budget_usd"])
        ),
        Criterion(
            "what the old key spent counts as spent",
            spent_usd > 0 and round(row["spend_usd"] - spent_usd, 12) >= 0,
            f"{row['spend_usd']:.7f} of {spent_usd:.7f} USD",
        ),
        Criterion("the new key works", works is None, str(works)),
    ]


def _row(keys: Keys, key: VirtualKey) -> tuple[pd.Series[Any] | None, str]:
    """(the key's row, or why there is none)."""
    try:
        return keys.info(key), ""
    except RequestRefusedError as exc:
        return None, str(exc)


def _ask(gateway: Gateway, key: VirtualKey, model: str, **more: Any) -> GatewayError | None:
    if key.secret is None:
        return KeyRefusedError(
            "this VirtualKey has no secret: use the one that keys.create or keys.rotate returned"
        )
    return _ask_with(gateway, key.secret, model, **more)


def _ask_with(gateway: Gateway, secret: str, model: str, **more: Any) -> GatewayError | None:
    """The error of a call; None if it was answered."""
    try:
        gateway.ask(_PROMPT, model, api_key=secret, **_CALL, **more)
    except GatewayError as exc:
        return exc
    return None


def _known(value: Any) -> Any:
    """A table's value, None if it is missing: pandas' NA cannot be compared."""
    import pandas as pd

    return None if pd.isna(value) else value


def _is(usd: float, expected: float) -> bool:
    return abs(float(usd) - expected) < 1e-9


def _budget(row: pd.Series[Any]) -> str:
    return f"{row['max_budget_usd']} USD, reset after: {row['budget_duration']}"


EXERCISES = (
    Exercise(
        "02.1",
        _grade_interns,
        (
            f'One call is enough: `interns = keys.create("{INTERNS}", …)`. Its docstring lists the arguments.',
            'The models are a list: `models=["phi3", "smollm2"]`. A day is "1d", 30 days are "30d".',
            f"The other arguments: `max_budget_usd`, `budget_duration`, `rpm_limit`, `expires_in`. "
            f'If the name is taken, `keys.delete("{INTERNS}")` frees it.',
        ),
    ),
    Exercise(
        "02.2",
        _grade_customers,
        (
            "You need a key, two budgets and two end users. The budgets belong to the end users, not to the key.",
            f'`keys.budgets.create("{FREE}", max_budget_usd=…, budget_duration="1d")`, then '
            f'`keys.end_users.create("{FREE}", budget="{FREE}")`.',
            f'Do the same for `{GOLD}`, with its own budget. `chat_key = keys.create("{CHAT}")` needs no limits.',
        ),
    ),
    Exercise(
        "02.3",
        _grade_leak,
        (
            '`keys.info(posted)["key_alias"]` is the name of the posted key.',
            "Every method takes a key's name, its hash, or its secret.",
            "`keys.rotate` creates a new key with the same rights, deletes the old one, and returns the new one.",
        ),
    ),
)
