"""Keys, teams and users with the limits that the rehearsal's gateway gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """One virtual key by its alias; it never has the secret. None is no limit.

    team             the team's alias, or its id if no list says the alias
    models           names that it may ask for; none is all
    rpm, tpm         requests and tokens a minute
    max_budget       US dollars in each `budget_duration` (`30d`, `24h`, `60s`), or in all
    max_parallel     calls at one time
    model_rpm, …     as LiteLLM has them, by model
    spent            US dollars that it had spent when the list was made
    hash             LiteLLM's hash of the key, by which a log may name it
    """

    alias: str
    team: str | None = None
    user: str | None = None
    models: tuple[str, ...] = ()
    rpm: int | None = None
    tpm: int | None = None
    max_budget: float | None = None
    budget_duration: str | None = None
    max_parallel: int | None = None
    model_rpm: Mapping[str, Any] = field(default_factory=dict)
    model_tpm: Mapping[str, Any] = field(default_factory=dict)
    model_max_budget: Mapping[str, Any] = field(default_factory=dict)
    spent: float | None = None
    blocked: bool = False
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class TeamLimits:
    """One team by its alias; `id` is LiteLLM's. The other fields are as a key's."""

    alias: str
    id: str | None = None
    models: tuple[str, ...] = ()
    rpm: int | None = None
    tpm: int | None = None
    max_budget: float | None = None
    budget_duration: str | None = None
    max_parallel: int | None = None
    model_rpm: Mapping[str, Any] = field(default_factory=dict)
    model_tpm: Mapping[str, Any] = field(default_factory=dict)
    spent: float | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class UserLimits:
    """One end user, whom a request's `user` names. The other fields are as a key's."""

    id: str
    rpm: int | None = None
    tpm: int | None = None
    max_budget: float | None = None
    budget_duration: str | None = None
    spent: float | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """All of them, in the order of their files; `notes` are sentences for the report."""

    keys: tuple[KeyLimits, ...] = ()
    teams: tuple[TeamLimits, ...] = ()
    users: tuple[UserLimits, ...] = ()
    notes: tuple[str, ...] = ()
