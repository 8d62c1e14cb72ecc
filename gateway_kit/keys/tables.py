"""LiteLLM's keys, teams, users, end users and budgets as tables. Pure functions; nothing here has a full key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Microseconds, since nanoseconds end in the year 2262, and budgets of others may not.
_TIME = "datetime64[us, UTC]"
_LIMITS: Mapping[str, str] = {
    "max_budget_usd": "float64",
    "budget_duration": "string",
    "budget_reset_at": _TIME,
    "rpm_limit": "Int64",
    "tpm_limit": "Int64",
    "max_parallel_requests": "Int64",
}

KEY_COLUMNS: Mapping[str, str] = {
    "alias": "string",
    "key": "string",
    "state": "string",
    "team": "string",
    "user": "string",
    "models": "object",
    "spend_usd": "float64",
    "lifetime_spend_usd": "float64",
    **_LIMITS,
    "expires": _TIME,
    "last_used": _TIME,
    "created": _TIME,
    "key_hash": "string",
}
TEAM_COLUMNS: Mapping[str, str] = {
    "team": "string",
    "team_id": "string",
    "models": "object",
    "members": "Int64",
    "keys": "Int64",
    "blocked": "bool",
    "spend_usd": "float64",
    **_LIMITS,
}
MEMBER_COLUMNS: Mapping[str, str] = {
    "user": "string",
    "role": "string",
    "spend_usd": "float64",
    "max_budget_usd": "float64",
}
USER_COLUMNS: Mapping[str, str] = {
    "user": "string",
    "email": "string",
    "keys": "Int64",
    "spend_usd": "float64",
    **_LIMITS,
}
END_USER_COLUMNS: Mapping[str, str] = {
    "end_user": "string",
    "spend_usd": "float64",
    "budget": "string",
    **_LIMITS,
}
BUDGET_COLUMNS: Mapping[str, str] = {"budget": "string", **_LIMITS}


def keys_frame(
    entries: Iterable[Mapping[str, Any]], teams: Mapping[str, str], now: datetime | None = None
) -> pd.DataFrame:
    """One row per key: KEY_COLUMNS. `teams` maps a team's id to its name."""
    moment = now or datetime.now(UTC)
    return frame([_key_row(entry, teams, moment) for entry in entries], KEY_COLUMNS)


def teams_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per team: TEAM_COLUMNS."""
    rows = [
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
    ]
    return frame(rows, TEAM_COLUMNS)


def members_frame(info: Mapping[str, Any]) -> pd.DataFrame:
    """One row per member of a team, as `/team/info` tells: MEMBER_COLUMNS."""
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
    return frame(rows, MEMBER_COLUMNS)


def users_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per user: USER_COLUMNS."""
    rows = [
        {
            "user": e["user_id"],
            "email": e.get("user_email"),
            "keys": e.get("key_count"),
            "spend_usd": e.get("spend"),
            **_limits(e),
        }
        for e in entries
    ]
    return frame(rows, USER_COLUMNS)


def end_users_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per end user: END_USER_COLUMNS."""
    rows = [
        {
            "end_user": e["user_id"],
            "spend_usd": e.get("spend"),
            "budget": e.get("budget_id") or (e.get("litellm_budget_table") or {}).get("budget_id"),
            **_limits(e.get("litellm_budget_table") or {}),
        }
        for e in entries
    ]
    return frame(rows, END_USER_COLUMNS)


def budgets_frame(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per budget that several can share: BUDGET_COLUMNS."""
    return frame([{"budget": e["budget_id"], **_limits(e)} for e in entries], BUDGET_COLUMNS)


def frame(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """A table with these columns and dtypes, also where there are no rows."""
    import pandas as pd

    made = pd.DataFrame(rows, columns=list(columns))
    times = [name for name, dtype in columns.items() if dtype == _TIME]
    made[times] = made[times].apply(pd.to_datetime, utc=True, format="ISO8601")
    return made.astype(dict(columns))


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
        "alias": entry.get("key_alias"),
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
    return {
        "max_budget_usd": entry.get("max_budget"),
        **{name: entry.get(name) for name in _LIMITS if name != "max_budget_usd"},
    }
