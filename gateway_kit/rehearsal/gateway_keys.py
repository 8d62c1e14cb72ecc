"""The keys, teams and users of a rehearsal, made on its gateway."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gateway_kit.errors import GatewayError
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalFailedError
from gateway_kit.rehearsal.limits import KeyLimits, Limits, TeamLimits, UserLimits
from gateway_kit.rehearsal.scaled_limits import period, rate

# The label of the key for calls whose log names no key.
NO_KEY = "no-key"

_AT_ONCE = 8
_TIMEOUT_S = 60.0

# Who made a call, as its log has it: the key's label and the team's.
Caller = tuple[str | None, str | None]


@dataclass(frozen=True)
class Callers:
    """All who made calls, each once; `users` are the end users."""

    keys: Sequence[Caller]
    users: frozenset[str] = frozenset()


def callers_of(calls: Iterable[LoggedCall], limits: Limits) -> Callers:
    """Who made these calls; of the end users those that have limits."""
    limited = {user.id for user in limits.users}
    keys: dict[Caller, None] = {}
    users: set[str] = set()
    for call in calls:
        keys[call.key, call.team] = None
        if call.user in limited:
            users.add(call.user)
    return Callers(tuple(keys), frozenset(users))


@dataclass
class GatewayKeys:
    """What was made.

    secrets  label → secret, for the load generator alone
    labels   who made a call, by its log → the label of the key that its replay uses
    teams    label → the alias of the key's team
    notes    sentences for the report: what could not be made as its file has it
    """

    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    labels: dict[Caller, str] = field(default_factory=dict)
    teams: dict[str, str | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def label(self, key: str | None, team: str | None) -> str:
        """The label of the key for a call."""
        return self.labels[key, team]


def make_keys(
    connection: Connection,
    callers: Callers,
    limits: Limits,
    *,
    speed: float | None = 1.0,
) -> GatewayKeys:
    """Make a key for each key label of the log, with its team and what limits them.

    A key that `limits` does not have is not limited; its team is the log's. What counts per minute is multiplied by
    `speed`, periods of budgets are divided by it. Raises RehearsalFailedError.
    """
    scale = 1.0 if speed is None else speed
    api = ManagementApi(connection, timeout_s=_TIMEOUT_S)
    try:
        return _Maker(api, limits, scale).make(callers)
    except GatewayError as exc:
        raise RehearsalFailedError(f"The rehearsal's keys could not be made. {exc}") from exc
    finally:
        api.close()


class _Maker:
    def __init__(self, api: ManagementApi, limits: Limits, scale: float) -> None:
        self._api, self._limits, self._scale = api, limits, scale
        self._made = GatewayKeys()
        self._team_ids: dict[str, str] = {}

    def make(self, callers: Callers) -> GatewayKeys:
        keys = self._wanted(callers.keys)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._user, [user for user in self._limits.users if user.id in callers.users]))
            list(pool.map(self._team, self._teams(keys.values())))
            list(pool.map(self._key, keys.items()))
        return self._made

    def _wanted(self, callers: Sequence[Caller]) -> dict[str, KeyLimits]:
        """The keys to make by their labels; notes which caller uses which."""
        by_name = {name: key for key in self._limits.keys for name in (key.hash, key.alias) if name}
        wanted: dict[str, KeyLimits] = {}
        for name, team in callers:
            known = by_name.get(name) if name else None
            if known is not None:
                label, key = known.alias, known
            else:
                # The same key in two teams is two keys here: on a gateway a key has one team.
                label = name or (f"{NO_KEY}-{team}" if team else NO_KEY)
                key = KeyLimits(label, team=team)
                if label in wanted and wanted[label].team != team:
                    label = f"{label} ({team or 'no team'})"
                    key = KeyLimits(label, team=team)
            wanted.setdefault(label, key)
            self._made.labels[name, team] = label
        return wanted

    def _teams(self, keys: Iterable[KeyLimits]) -> list[TeamLimits]:
        """The teams of these keys, each once, with their limits if they are known."""
        known = {name: team for team in self._limits.teams for name in (team.id, team.alias) if name}
        teams: dict[str, TeamLimits] = {}
        for key in keys:
            if key.team:
                team = known.get(key.team) or TeamLimits(key.team)
                teams[team.alias] = team
                self._team_ids[key.team] = ""
        return list(teams.values())

    def _team(self, team: TeamLimits) -> None:
        body = {
            # Its own id, which settings for teams and models of teams name.
            "team_id": team.id or team.alias,
            "team_alias": team.alias,
            "models": list(team.models),
            **self._limited(team),
            **({"blocked": True} if team.blocked else {}),
        }
        made = self._api.post("/team/new", body)
        for name in (team.alias, team.id):
            if name:
                self._team_ids[name] = made["team_id"]

    def _key(self, item: tuple[str, KeyLimits]) -> None:
        label, key = item
        body = {
            "key_alias": label,
            "models": list(key.models),
            **self._limited(key),
            **({"model_max_budget": dict(key.model_max_budget)} if key.model_max_budget else {}),
            **({"blocked": True} if key.blocked else {}),
            **({"team_id": self._team_ids[key.team]} if key.team else {}),
        }
        self._made.secrets[label] = self._generate(body)
        self._made.teams[label] = key.team

    def _generate(self, body: dict[str, Any]) -> str:
        """The new key's secret. LiteLLM may refuse an alias, for its form, that a log has as a key's name."""
        try:
            return str(self._api.post("/key/generate", body)["key"])
        except GatewayError as exc:
            if exc.status != 400 or "key_alias" not in exc.gateway_message:
                raise
        return str(self._api.post("/key/generate", {**body, "key_alias": None})["key"])

    def _user(self, user: UserLimits) -> None:
        body = {"user_id": user.id, **self._limited(user), **({"blocked": True} if user.blocked else {})}
        self._api.post("/customer/new", body)

    def _limited(self, entry: KeyLimits | TeamLimits | UserLimits) -> dict[str, Any]:
        """LiteLLM's fields for an entry's limits."""
        body: dict[str, Any] = {
            "rpm_limit": rate(entry.rpm, self._scale),
            "tpm_limit": rate(entry.tpm, self._scale),
            "max_budget": entry.max_budget,
            "budget_duration": None
            if entry.max_budget is None
            else period(entry.budget_duration, self._scale),
        }
        if not isinstance(entry, UserLimits):
            body["max_parallel_requests"] = entry.max_parallel
            for name, table in (("model_rpm_limit", entry.model_rpm), ("model_tpm_limit", entry.model_tpm)):
                body[name] = {model: rate(limit, self._scale) for model, limit in table.items()} or None
        return {name: value for name, value in body.items() if value is not None}
