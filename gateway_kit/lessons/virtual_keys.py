"""The exercises of lesson 02: a key with limits, two customers behind one key, and a leaked key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_kit.errors import KeyRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.keys import VirtualKey
from gateway_kit.lessons.exercise import Criterion, Exercise, is_set, require
from gateway_kit.lessons.key_calls import budget_in, has_daily, is_usd, known, refusal, row_of, said
from gateway_kit.lessons.two_customers import CHAT, FREE, GOLD, grade_customers

INTERNS, BILLING = "02-interns", "02-billing"
_INTERN_MODELS = {"phi3", "smollm2"}
_INTERN_USD, _INTERN_RPM, _INTERN_DAYS = 0.05, 10, 30
_BILLING_USD = 0.01
# The grader's own calls with the posted key. They may be booked only after it was replaced, so they need not count.
_own_calls: set[str] = set()


def _grade_interns(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A key for two models only, with a daily budget, a rate limit and an expiry."""
    gateway, interns = require(variables, gateway=Gateway, interns=VirtualKey)
    row, missing = row_of(gateway.keys, interns)
    if row is None:
        return [Criterion("the gateway knows the key `interns`", False, missing)]
    models = set(row["models"])
    remaining = row["expires"] - datetime.now(UTC)  # NaT if it never expires: then every comparison is false
    allowed, refused = (refusal(gateway, interns, model) for model in ("phi3", "gpt-4o-mini"))
    return [
        Criterion(f"its name is `{INTERNS}`", row["key_alias"] == INTERNS, str(row["key_alias"])),
        Criterion(
            "it allows phi3 and smollm2 and nothing else",
            models == _INTERN_MODELS,
            ", ".join(sorted(models)) or "all models",
        ),
        Criterion(f"it may spend {_INTERN_USD} USD a day", has_daily(row, _INTERN_USD), budget_in(row)),
        Criterion(
            f"it allows {_INTERN_RPM} requests a minute",
            known(row["rpm_limit"]) == _INTERN_RPM,
            str(known(row["rpm_limit"]) or "any number"),
        ),
        Criterion(
            f"it expires within {_INTERN_DAYS} days",
            bool(timedelta(0) < remaining <= timedelta(days=_INTERN_DAYS)),
            "never" if known(row["expires"]) is None else f"{row['expires']:%d %B %Y, %H:%M} UTC",
        ),
        Criterion("phi3 answers it", allowed is None, said(allowed)),
        Criterion("gpt-4o-mini is refused", isinstance(refused, KeyRefusedError), said(refused)),
    ]


def _grade_leak(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A leaked key is identified, revoked, and replaced by one with the same rights and the rest of its budget."""
    gateway, posted = require(variables, gateway=Gateway, posted=str)
    models = [str(variables.get("model", "gpt-4o-mini")), str(variables.get("small_model", "phi3"))]
    whose = variables.get("whose")
    leaked = refusal(gateway, posted, models[0], answered=_own_calls)
    revoked = leaked is not None and leaked.status == 401
    criteria = [
        Criterion("`whose` is the name of the posted key", whose == BILLING, repr(whose)),
        Criterion("the posted key no longer works", revoked, said(leaked, "it still answers")),
        is_set(variables, "replacement", VirtualKey),
    ]
    if not criteria[-1].met:
        return criteria
    replacement = variables["replacement"]
    row, missing = row_of(gateway.keys, replacement)
    if row is None:
        return [*criteria, Criterion("the gateway knows the key `replacement`", False, missing)]
    before = gateway.spend.logs(key=posted)
    counts = (before["status"] == "success") & ~before["request_id"].isin(_own_calls)
    spent_usd = float(before.loc[counts, "cost_usd"].sum())
    works = [refusal(gateway, replacement, model) for model in models]
    return [
        *criteria,
        Criterion(f"its name is `{BILLING}`, as before", row["key_alias"] == BILLING, str(row["key_alias"])),
        Criterion(
            f"it allows {models[0]} and {models[1]}, as before",
            set(row["models"]) == set(models),
            ", ".join(row["models"]) or "all models",
        ),
        Criterion(
            f"it has the same budget, {_BILLING_USD} USD",
            is_usd(row["max_budget_usd"], _BILLING_USD),
            budget_in(row),
        ),
        Criterion(
            "what the old key spent counts as spent",
            spent_usd > 0 and round(row["spend_usd"] - spent_usd, 12) >= 0,
            f"{row['spend_usd']:.7f} of {spent_usd:.7f} USD",
        ),
        Criterion(
            "the new key works", works == [None, None], "; ".join(said(error) for error in works if error)
        ),
    ]


EXERCISES = (
    Exercise(
        "02.1",
        _grade_interns,
        (
            f'One call is enough: `interns = keys.create("{INTERNS}", …)`. Its docstring lists the arguments.',
            'The models are a list: `models=["phi3", "smollm2"]`. A day is "1d", 30 days are "30d".',
            f"The other arguments: `max_budget_usd`, `budget_duration`, `rpm_limit`, `expires_in`. "
            f'If the name is taken, `keys.clean_up("{INTERNS}")` frees it.',
        ),
    ),
    Exercise(
        "02.2",
        grade_customers,
        (
            "You need a key, two budgets and two end users. The budgets belong to the end users, not to the key.",
            f'`keys.budgets.create("{FREE}", max_budget_usd=…, budget_duration="1d")`, then '
            f'`keys.end_users.create("{FREE}", budget="{FREE}")`.',
            f'Do the same for `{GOLD}`, with its own budget. `chat_key = keys.create("{CHAT}")` needs no limits. '
            f'If a name is taken, `keys.clean_up("{FREE}")` frees it, and so on for each.',
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
