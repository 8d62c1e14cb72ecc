"""The grader of exercise 02.2: two end users with budgets of their own behind one key, which is in nobody's way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import BudgetExceededError, GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.keys import Keys, VirtualKey
from gateway_kit.keys.limits import seconds_of
from gateway_kit.lessons.exercise import Criterion, require
from gateway_kit.lessons.key_calls import DAY_S, budget_in, has_daily, known, refusal, row_of, said

if TYPE_CHECKING:
    import pandas as pd

CHAT, FREE, GOLD = "02-chat", "02-free", "02-gold"
_USD: Mapping[str, float] = {FREE: 0.00004, GOLD: 0.01}
# Three of these cost more than the free customer has; the others are made only if no budget stops them.
_FREE_CALLS = 8
# A budget that is never reset ends one day; one that lasts a month is no mistake.
_ENOUGH_DAYS = 30


def grade_customers(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two end users with budgets of their own behind one key."""
    gateway, chat_key = require(variables, gateway=Gateway, chat_key=VirtualKey)
    row, missing = row_of(gateway.keys, chat_key)
    if row is None:
        return [Criterion("the gateway knows the key `chat_key`", False, missing)]
    customers = {str(row["end_user"]): row for _, row in gateway.keys.end_users.list().iterrows()}
    named = Criterion(f"its name is `{CHAT}`", row["key_alias"] == CHAT, str(row["key_alias"]))
    budgets = [_has_budget(name, usd, customers.get(name)) for name, usd in _USD.items()]
    criteria = [named, *budgets, _leaves_room(gateway.keys, row)]
    refused = f"`{FREE}` is refused once that is spent"
    answered = f"`{GOLD}` is still answered, with the same key"
    if not all(criterion.met for criterion in budgets):
        # No call yet: LiteLLM creates an end user without a budget for every name that it meets.
        wait = "both budgets are needed first"
        return [*criteria, Criterion(refused, False, wait), Criterion(answered, False, wait)]
    error: GatewayError | None = None
    for _ in range(_FREE_CALLS):
        if (error := refusal(gateway, chat_key, "gpt-4o-mini", user=FREE)) is not None:
            break
    theirs = isinstance(error, BudgetExceededError) and error.whose == "the customer's budget"
    criteria.append(Criterion(refused, theirs, said(error, f"{_FREE_CALLS} calls were answered")))
    error = refusal(gateway, chat_key, "gpt-4o-mini", user=GOLD)
    return [*criteria, Criterion(answered, error is None, said(error))]


def _has_budget(name: str, usd: float, row: pd.Series[Any] | None) -> Criterion:
    text = f"the end user `{name}` has {usd:.5f} USD a day"
    if row is None:
        return Criterion(text, False, "no such end user")
    return Criterion(text, has_daily(row, usd), budget_in(row))


def _leaves_room(keys: Keys, key: pd.Series[Any]) -> Criterion:
    """Whether neither the key's own budget nor its owner's stops a customer who still has money."""
    daily = sum(_USD.values())
    short = [
        f"{whose} budget: {budget_in(row)}; both customers need {daily:.5f} USD a day"
        for whose, row in _budgets_over(keys, key)
        if not _covers(row, daily)
    ]
    return Criterion("no other budget stops them before their own does", not short, "; ".join(short))


def _budgets_over(keys: Keys, key: pd.Series[Any]) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Whose budgets a call with the key counts against, besides its customer's."""
    yield "the key's own", key
    team, user = known(key["team"]), known(key["user"])
    if team is not None:
        teams = keys.teams.list().set_index("team")
        yield f"the team {team}'s", teams.loc[team]
        members = keys.teams.members(team).set_index("user").assign(budget_duration=None)
        if user in members.index:
            yield f"the member {user}'s", members.loc[user]
    elif user is not None:
        yield f"the user {user}'s", keys.users.list().set_index("user").loc[user]


def _covers(row: pd.Series[Any], daily_usd: float) -> bool:
    """Whether a budget lasts for `daily_usd` a day until it is reset, or a month if it never is."""
    usd, lasts_s = known(row["max_budget_usd"]), seconds_of(known(row["budget_duration"]))
    days = _ENOUGH_DAYS if lasts_s is None else max(math.ceil(lasts_s / DAY_S), 1)
    return usd is None or float(usd) - daily_usd * days > -1e-9
