"""Entries of a list of limits, in one's own words or in LiteLLM's."""

from __future__ import annotations

import difflib
import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.limits.limits import KeyLimits, TeamLimits, UserLimits

Entry = Mapping[str, Any]

# What a field may be called; the first name is ours, the others are LiteLLM's.
_LIMITS = {
    "rpm": ("rpm", "rpm_limit"),
    "tpm": ("tpm", "tpm_limit"),
    "max_budget": ("max_budget",),
    "budget_duration": ("budget_duration",),
    "spent": ("spent", "spend"),
    "blocked": ("blocked",),
}
_OF_SEVERAL_CALLS = {
    "models": ("models",),
    "max_parallel": ("max_parallel", "max_parallel_requests"),
    "model_rpm": ("model_rpm", "model_rpm_limit"),
    "model_tpm": ("model_tpm", "model_tpm_limit"),
}
_KEY = {
    "alias": ("alias", "key_alias", "name"),
    "team": ("team", "team_alias", "team_id"),
    "user": ("user", "user_id"),
    "model_max_budget": ("model_max_budget",),
    "hash": ("hash", "token", "token_id"),
}
_TEAM = {"alias": ("alias", "team_alias", "name"), "id": ("id", "team_id")}
_USER = {"id": ("id", "user_id", "user")}
KEY_FIELDS = _KEY | _LIMITS | _OF_SEVERAL_CALLS
TEAM_FIELDS = _TEAM | _LIMITS | _OF_SEVERAL_CALLS
USER_FIELDS = _USER | _LIMITS

# Fields that only LiteLLM's lists have: in such an entry, unknown names are no mistakes.
_LITELLMS = frozenset(
    {
        "key_name",
        "budget_reset_at",
        "members_with_roles",
        "litellm_budget_table",
        "litellm_params",
        "permissions",
    }
    | {
        "model_spend",
        "config",
        "allowed_model_region",
        "organization_id",
        "soft_budget_cooldown",
        "created_by",
    }
    | {"team_memberships", "user_role"}
)
_SECRETS = frozenset({"key", "secret", "api_key", "password"})
_DURATION = re.compile(r"\d+(?:s|m|h|d|w|mo)")
_HASH = re.compile(r"[0-9a-f]{64}")
_ONE_OF = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


class WrongEntry(ValueError):  # noqa: N818 - becomes a RehearsalError that names the file
    """An entry cannot be used; the text says which field and why."""


def is_litellms(entry: Entry) -> bool:
    """Whether the entry comes from one of LiteLLM's lists."""
    return bool(_LITELLMS & entry.keys())


def key_limits(entry: Entry, budgets: Mapping[str, Entry]) -> KeyLimits:
    """A key's limits."""
    fields = _read(entry, KEY_FIELDS, budgets)
    hash_ = fields.get("hash")
    if hash_ is not None and not _HASH.fullmatch(hash_):
        fields["hash"] = hashed(hash_)
    alias = fields.pop("alias", None) or fields.get("hash")
    if alias is None:
        raise WrongEntry("has no alias")
    return KeyLimits(alias=hashed(alias) if is_secret(alias) else alias, **fields)


def team_limits(entry: Entry, budgets: Mapping[str, Entry]) -> TeamLimits:
    """A team's limits."""
    fields = _read(entry, TEAM_FIELDS, budgets)
    alias = fields.pop("alias", None) or fields.get("id")
    if alias is None:
        raise WrongEntry("has no alias")
    return TeamLimits(alias=alias, **fields)


def user_limits(entry: Entry, budgets: Mapping[str, Entry]) -> UserLimits:
    """An end user's limits."""
    fields = _read(entry, USER_FIELDS, budgets)
    if not fields.get("id"):
        raise WrongEntry("has no id")
    return UserLimits(**fields)


def is_secret(text: str) -> bool:
    """Whether the text looks like a key's secret."""
    return text.startswith("sk-") and len(text) > 8


def hashed(secret: str) -> str:
    """A key as LiteLLM names it in its log."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(
    entry: Entry, fields: Mapping[str, tuple[str, ...]], budgets: Mapping[str, Entry]
) -> dict[str, Any]:
    budget = _budget(entry, budgets)
    metadata = entry.get("metadata")
    places: tuple[Entry, ...] = (entry, metadata if isinstance(metadata, Mapping) else {}, budget)
    if not is_litellms(entry):
        _refuse_unknown(entry, fields)
        places = (entry, budget)
    found: dict[str, Any] = {}
    for field, names in fields.items():
        value = next(
            (place[name] for place in places for name in names if place.get(name) not in (None, "", [], {})),
            None,
        )
        if value is not None:
            found[field] = _value(field, value)
    return found


def _budget(entry: Entry, budgets: Mapping[str, Entry]) -> Entry:
    """The limits that an entry takes from a budget: LiteLLM's own beside it, or one that it names."""
    table = entry.get("litellm_budget_table")
    if isinstance(table, Mapping):
        return table
    name = entry.get("budget")
    if name is None:
        return {}
    if name not in budgets:
        raise WrongEntry(f"budget {name!r} is not among the file's budgets ({', '.join(budgets) or 'none'})")
    return budgets[name]


def _refuse_unknown(entry: Entry, fields: Mapping[str, tuple[str, ...]]) -> None:
    known = {name for names in fields.values() for name in names} | {"budget", "metadata"} | _SECRETS
    for name in entry:
        if name not in known:
            close = difflib.get_close_matches(str(name), sorted(known - _SECRETS), 1)
            raise WrongEntry(
                f"{name} is unknown{f'; did you mean {close[0]}?' if close else ''} Known: {', '.join(fields)}"
            )


def _value(field: str, value: Any) -> Any:
    if field == "models":
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise WrongEntry(f"models is a list of names, not {value!r}")
        # LiteLLM's words for "all".
        return tuple(name for name in value if name not in ("all-proxy-models", "all-team-models"))
    if field in ("model_rpm", "model_tpm", "model_max_budget"):
        if not isinstance(value, Mapping):
            raise WrongEntry(f"{field} maps models to numbers, and is {value!r}")
        return dict(value)
    if field in ("rpm", "tpm", "max_parallel"):
        return _whole(field, value)
    if field in ("max_budget", "spent"):
        return _amount(field, value)
    if field == "blocked":
        return value is True
    if field == "budget_duration":
        return _duration(value)
    return str(value)


def _whole(field: str, value: Any) -> int:
    number = _amount(field, value)
    if not number.is_integer():
        raise WrongEntry(f"{field} is a whole number, not {value!r}")
    return int(number)


def _amount(field: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise WrongEntry(f"{field} is a number from 0 on, not {value!r}")
    return number


def _duration(value: Any) -> str:
    text = str(value).strip()
    for letter, word in _ONE_OF.items():
        text = re.sub(rf"\s*{word}s?$", letter, text)
    if not _DURATION.fullmatch(text):
        raise WrongEntry(f"budget_duration is a number with s, m, h, d, w or mo (30d), not {value!r}")
    return text
