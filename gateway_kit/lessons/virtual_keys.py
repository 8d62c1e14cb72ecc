"""The exercises of lesson 02: a key made to measure, two customers behind one key, and a leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import BudgetExceededError, GatewayError, KeyRefusedError, RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys, VirtualKey
from gateway_kit.lessons.exercise import Criterion, Exercise, variable

if TYPE_CHECKING:
    import pandas as pd

INTERNS, CHAT, FREE, GOLD, BILLING = "02-interns", "02-chat", "02-free", "02-gold", "02-billing"
_INTERN_MODELS = {"phi3", "smollm2"}
_INTERN_USD, _INTERN_RPM, _INTERN_DAYS = 0.05, 10, 30
_FREE_USD, _GOLD_USD = 0.00004, 0.01
_DAY = ("1d", "24h")
# Three of these cost more than the free customer has; the rest are only asked where nothing holds.
_FREE_CALLS = 8
_PROMPT = "What is an LLM gateway?"
_CALL: Mapping[str, Any] = {"max_tokens": 20, "extra_body": {"cache": {"no-cache": True}}}


def _grade_interns(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A key that opens two models only, with a daily budget, a rate limit and an end."""
    gateway, keys, criteria = _tools(variables)
    interns, there = variable(variables, "interns", VirtualKey)
    criteria.append(there)
    if gateway is None or keys is None or not there.met:
        return criteria
    row, missing = _row(keys, interns)
    if row is None:
        return [*criteria, Criterion("the gateway knows the key `interns`", False, missing)]
    opens = set(row["models"])
    left = row["expires"] - datetime.now(UTC)  # NaT where it never ends, and then no comparison holds
    criteria += [
        Criterion(f"its name is `{INTERNS}`", row["key_alias"] == INTERNS, str(row["key_alias"])),
        Criterion(
            "it opens phi3 and smollm2 and nothing else",
            opens == _INTERN_MODELS,
            ", ".join(sorted(opens)) or "all models",
        ),
        Criterion(
            f"it may spend {_INTERN_USD} USD a day",
            _is(row["max_budget_usd"], _INTERN_USD) and _known(row["budget_duration"]) in _DAY,
            f"{row['max_budget_usd']} USD, begins anew after: {row['budget_duration']}",
        ),
        Criterion(
            f"it allows {_INTERN_RPM} requests a minute",
            _known(row["rpm_limit"]) == _INTERN_RPM,
            str(row["rpm_limit"]),
        ),
        Criterion(
            f"it ends within {_INTERN_DAYS} days",
            bool(timedelta(0) < left <= timedelta(days=_INTERN_DAYS)),
            str(row["expires"]),
        ),
    ]
    said = _ask(gateway, interns, "phi3")
    criteria.append(Criterion("phi3 answers it", said is None, str(said)))
    said = _ask(gateway, interns, "gpt-4o-mini")
    criteria.append(
        Criterion("gpt-4o-mini is refused", isinstance(said, KeyRefusedError), str(said or "it answered"))
    )
    return criteria


def _grade_customers(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two end users with budgets of their own behind one key."""
    gateway, keys, criteria = _tools(variables)
    chat_key, there = variable(variables, "chat_key", VirtualKey)
    criteria.append(there)
    if gateway is None or keys is None or not there.met:
        return criteria
    customers = {str(row["end_user"]): row for _, row in keys.end_users.list().iterrows()}
    for name, usd in ((FREE, _FREE_USD), (GOLD, _GOLD_USD)):
        found = customers.get(name)
        right = (
            found is not None
            and _is(found["max_budget_usd"], usd)
            and _known(found["budget_duration"]) in _DAY
        )
        told = (
            "no such end user"
            if found is None
            else f"{found['max_budget_usd']} USD, begins anew after: {found['budget_duration']}"
        )
        criteria.append(Criterion(f"the end user `{name}` has {usd:.5f} USD a day", right, told))
    ends, goes_on = (
        f"`{FREE}` is refused once that is spent",
        f"`{GOLD}` is answered all the same, with the same key",
    )
    if not all(criterion.met for criterion in criteria):
        # Not asked yet: LiteLLM would make an end user, without a budget, of each name that it hears.
        return [
            *criteria,
            Criterion(ends, False, "not both budgets yet"),
            Criterion(goes_on, False, "not both budgets yet"),
        ]
    said: GatewayError | None = None
    for _ in range(_FREE_CALLS):
        said = _ask(gateway, chat_key, "gpt-4o-mini", user=FREE)
        if said is not None:
            break
    criteria.append(
        Criterion(
            ends,
            isinstance(said, BudgetExceededError),
            str(said or f"{_FREE_CALLS} calls were answered"),
        )
    )
    said = _ask(gateway, chat_key, "gpt-4o-mini", user=GOLD)
    criteria.append(Criterion(goes_on, said is None, str(said)))
    return criteria


def _grade_leak(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A key that was posted is found, ended, and replaced by one with the same rights and no fresh budget."""
    gateway, keys, criteria = _tools(variables)
    posted, there = variable(variables, "posted", str)
    criteria.append(there)
    replacement, made = variable(variables, "replacement", VirtualKey)
    if gateway is None or keys is None or not there.met:
        return criteria
    named = variables.get("whose")
    criteria.append(
        Criterion("`whose` is the name of the key that was posted", named == BILLING, repr(named))
    )
    said = _ask_with(gateway, posted, "gpt-4o-mini")
    criteria.append(
        Criterion(
            "the posted key is dead", isinstance(said, KeyRefusedError), str(said or "it still answers")
        )
    )
    criteria.append(made)
    if not made.met:
        return criteria
    row, missing = _row(keys, replacement)
    if row is None:
        return [*criteria, Criterion("the gateway knows the key `replacement`", False, missing)]
    before = gateway.spend.logs(key=posted)
    spent_usd = float(before.loc[before["status"] == "success", "cost_usd"].sum())
    criteria += [
        Criterion(
            f"its name is `{BILLING}`, as the old one's was",
            row["key_alias"] == BILLING,
            str(row["key_alias"]),
        ),
        Criterion(
            "it opens the same two models",
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
    ]
    said = _ask(gateway, replacement, "gpt-4o-mini")
    criteria.append(Criterion("the new key works", said is None, str(said)))
    return criteria


def _tools(variables: Mapping[str, Any]) -> tuple[Gateway | None, Keys | None, list[Criterion]]:
    """The lesson's gateway and its keys; as criteria, what is missing."""
    gateway, there = variable(variables, "gateway", Gateway)
    return (gateway, gateway.keys, []) if there.met else (None, None, [there])


def _row(keys: Keys, key: VirtualKey) -> tuple[pd.Series[Any] | None, str]:
    """(the key's row, what was found instead)."""
    try:
        return keys.info(key), ""
    except RequestRefusedError as exc:
        return None, str(exc)


def _ask(gateway: Gateway, key: VirtualKey, model: str, **more: Any) -> GatewayError | None:
    if key.secret is None:
        return KeyRefusedError(
            "this VirtualKey has no secret; take the one that keys.create or keys.rotate gave"
        )
    return _ask_with(gateway, key.secret, model, **more)


def _ask_with(gateway: Gateway, secret: str, model: str, **more: Any) -> GatewayError | None:
    """None where the call was answered, else why not."""
    try:
        gateway.ask(_PROMPT, model, api_key=secret, **_CALL, **more)
    except GatewayError as exc:
        return exc
    return None


def _known(value: Any) -> Any:
    """A table's value, None where it is missing: pandas' NA cannot be compared."""
    import pandas as pd

    return None if pd.isna(value) else value


def _is(usd: float, wanted: float) -> bool:
    return abs(float(usd) - wanted) < 1e-9


EXERCISES = (
    Exercise(
        "02.1",
        _grade_interns,
        (
            f'One call does it: `interns = keys.create("{INTERNS}", …)`. Its docstring names the arguments.',
            'Two models are a list: `models=["phi3", "smollm2"]`. A day is "1d", a month of 30 days "30d".',
            f"The rest: `max_budget_usd`, `budget_duration`, `rpm_limit`, `expires_in`. "
            f'If the name is taken, `keys.delete("{INTERNS}")` frees it.',
        ),
    ),
    Exercise(
        "02.2",
        _grade_customers,
        (
            "Three things: a key, two budgets, two end users. The budget is not the key's.",
            f'`keys.budgets.create("{FREE}", max_budget_usd=…, budget_duration="1d")`, then '
            f'`keys.end_users.create("{FREE}", budget="{FREE}")`.',
            f'The same for `{GOLD}`, with a budget of its own. `chat_key = keys.create("{CHAT}")` needs no limits.',
        ),
    ),
    Exercise(
        "02.3",
        _grade_leak,
        (
            'Whose is it? `keys.info(posted)["key_alias"]` tells.',
            "A key's name, its hash, or its secret: every method takes any of them.",
            "`keys.rotate` makes the new key, lets you switch, and deletes the old one. It returns the new key.",
        ),
    ),
)
