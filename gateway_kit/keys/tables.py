"""LiteLLM's keys, teams, users, end users and budgets as tables, none with a full key. Pure functions. Internal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

# Microseconds, since nanoseconds end in the year 2262, and budgets of others may not.
_TIME = "datetime64[us, UTC]"

LIMITS = Table(
    Column("max_budget_usd", "float64", "US dollars; missing without a budget"),
    Column("budget_duration", "string", "after which the budget's spend begins at 0 again"),
    Column("budget_reset_at", _TIME, "when it next does"),
    Column("rpm_limit", "Int64", "requests a minute"),
    Column("tpm_limit", "Int64", "tokens a minute"),
    Column("max_parallel_requests", "Int64", "requests under way at a time"),
)
_SPEND = Column("spend_usd", "float64", "since the budget last began anew, as far as it is booked")

KEYS = Table(
    Column("key_alias", "string", "its name"),
    Column("key", "string", "masked: sk-...abcd"),
    Column("state", "string", "active, blocked or expired"),
    Column("team", "string", "the team that it belongs to"),
    Column("user", "string", "the user that it belongs to"),
    Column("models", "object", "list of the model names that it opens; empty: all"),
    _SPEND,
    Column("lifetime_spend_usd", "float64", "since it was made: no reset touches it"),
    *LIMITS,
    Column("expires", _TIME, "when it ends; missing: never"),
    Column("last_used", _TIME, "its last request"),
    Column("created", _TIME, "when it was made"),
    Column("key_hash", "string", "the SHA-256 by which LiteLLM and its spend log know the key"),
)
TEAMS = Table(
    Column("team", "string", "its name"),
    Column("team_id", "string", "LiteLLM's id"),
    Column("models", "object", "list of the model names that it may use; empty: all"),
    Column("members", "Int64", "how many; LiteLLM counts the administrator who made it"),
    Column("keys", "Int64", "how many"),
    Column("blocked", "bool", "its keys are refused"),
    _SPEND,
    *LIMITS,
)
MEMBERS = Table(
    Column("user", "string", "default_user_id is the administrator"),
    Column("role", "string", "admin or user"),
    Column("spend_usd", "float64", "spent with keys of this team that are theirs, as far as it is booked"),
    Column("max_budget_usd", "float64", "within the team; missing: only the team's"),
)
USERS = Table(
    Column("user", "string", "default_user_id is the administrator"),
    Column("email", "string", "missing if none was given"),
    Column("keys", "Int64", "how many"),
    _SPEND,
    *LIMITS,
)
END_USERS = Table(
    Column("end_user", "string", "the `user` of their requests"),
    _SPEND,
    Column("budget", "string", "its name; missing without one"),
    *LIMITS,
)
BUDGETS = Table(Column("budget", "string", "its name"), *LIMITS)


def keys_frame(
    entries: Iterable[Mapping[str, Any]], teams: Mapping[str, str], now: datetime | None = None
) -> pd.DataFrame:
    """LiteLLM's entries as KEYS. `teams` maps a team's id to its name."""
    moment = now or datetime.now(UTC)
    return KEYS.frame(_key_row(entry, teams, moment) for entry in entries)


def teams_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """LiteLLM's entries as TEAMS."""
    return TEAMS.frame(
        {
            "team": e.get("team_alias") or e["team_id"],
            "team_id": e["team_id"],
            "models": list(e.get("models") or []),
            "members": e.get("members_count"),
            "keys": e.get("keys_count"),
            "blocked": bool(e.get("blocked")),
            "spend_usd": e.get("spend"),
            **_limits(e),
        }
        for e in entries
    )


def members_frame(info: Mapping[str, Any]) -> pd.DataFrame:
    """A team as `/team/info` tells it, as MEMBERS."""
    memberships = {m["user_id"]: m for m in info.get("team_memberships") or []}
    rows = []
    for member in (info.get("team_info") or {}).get("members_with_roles") or []:
        membership = memberships.get(member["user_id"]) or {}
        budget = membership.get("litellm_budget_table") or {}
        rows.append(
            {
                "user": member["user_id"],
                "role": member["role"],
                "spend_usd": membership.get("spend"),
                "max_budget_usd": budget.get("max_budget"),
            }
        )
    return MEMBERS.frame(rows)


def users_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """LiteLLM's entries as USERS."""
    return USERS.frame(
        {
            "user": e["user_id"],
            "email": e.get("user_email"),
            "keys": e.get("key_count"),
            "spend_usd": e.get("spend"),
            **_limits(e),
        }
        for e in entries
    )


def end_users_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """LiteLLM's entries as END_USERS."""
    rows = []
    for e in entries:
        budget = e.get("litellm_budget_table") or {}
        rows.append(
            {
                "end_user": e["user_id"],
                "spend_usd": e.get("spend"),
                "budget": e.get("budget_id") or budget.get("budget_id"),
                **_limits(budget),
            }
        )
    return END_USERS.frame(rows)


def budgets_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """LiteLLM's entries as BUDGETS."""
    return BUDGETS.frame({"budget": e["budget_id"], **_limits(e)} for e in entries)


def state_of(entry: Mapping[str, Any], now: datetime) -> str:
    """`blocked`, `expired` or `active`."""
    if entry.get("blocked"):
        return "blocked"
    expires = entry.get("expires")
    if expires and datetime.fromisoformat(str(expires)) <= now:
        return "expired"
    return "active"


def _key_row(entry: Mapping[str, Any], teams: Mapping[str, str], now: datetime) -> dict[str, Any]:
    team_id = entry.get("team_id")
    return {
        "key_alias": entry.get("key_alias"),
        "key": entry.get("key_name"),
        "state": state_of(entry, now),
        "team": teams.get(str(team_id), team_id) if team_id else None,
        "user": entry.get("user_id"),
        "models": list(entry.get("models") or []),
        "spend_usd": entry.get("spend"),
        "lifetime_spend_usd": entry.get("total_spend"),
        **_limits(entry),
        "expires": entry.get("expires"),
        "last_used": entry.get("last_active"),
        "created": entry.get("created_at"),
        "key_hash": entry["token"],
    }


def _limits(entry: Mapping[str, Any]) -> dict[str, Any]:
    litellm = {"max_budget_usd": "max_budget"}
    return {name: entry.get(litellm.get(name, name)) for name in LIMITS.columns}
