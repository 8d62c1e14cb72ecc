"""Files with keys, teams and users.

One's own file, in YAML or JSON:

    teams:
      - alias: customer-service
        max_budget: 20             # US dollars in each budget_duration
        budget_duration: 1d
    keys:
      - alias: chatbot
        team: customer-service
        models: [gpt-4o, gpt-4o-mini]
        rpm: 60                    # requests a minute
        tpm: 100000                # tokens a minute
        max_parallel: 10           # calls at one time
      - alias: nightly-batch
        budget: small
    users:
      - id: ann@example.com
        budget: small
    budgets:                       # limits that several entries share
      small: {max_budget: 1, budget_duration: 30d}

Or what LiteLLM answers to `/key/list?return_full_object=true`, `/team/list`, `/v2/team/list` or `/customer/list`: one
page, several pages in a list, or one page after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.limits.entries import Entry, WrongEntry, key_limits, team_limits, user_limits
from gateway_kit.rehearsal.limits.limits import KeyLimits, Limits, TeamLimits, UserLimits
from gateway_kit.rehearsal.limits.lists import Lists, read_lists

T = TypeVar("T", KeyLimits, TeamLimits, UserLimits)


def read_limits(keys: str | Path | None = None, teams: str | Path | None = None) -> Limits:
    """Keys, teams and users of one or two files; secrets in them are passed over.

    A file may hold all of them, so one of the arguments is enough.

    Raises:
        RehearsalError: a file cannot be read, or an entry in it is wrong; the text names it.
    """
    found_keys: list[KeyLimits] = []
    found_teams: list[TeamLimits] = []
    found_users: list[UserLimits] = []
    notes: list[str] = []
    for path in dict.fromkeys(Path(path) for path in (keys, teams) if path is not None):
        lists = read_lists(path)
        found_keys += _each(path, "key", lists.keys, lists, key_limits)
        found_teams += _each(path, "team", lists.teams, lists, team_limits)
        found_users += _each(path, "user", lists.users, lists, user_limits)
        notes += lists.notes
    unique_keys = _once(found_keys, "key", lambda key: key.alias)
    unique_teams = _once(found_teams, "team", lambda team: team.id or team.alias)
    users = _once(found_users, "user", lambda user: user.id)
    linked, unknown = _linked(unique_keys, unique_teams)
    notes += [
        f"Key {key.alias!r} is of team {key.team!r}, of which no list has limits: it gets none."
        for key in unknown
    ]
    return Limits(tuple(linked), tuple(unique_teams), tuple(users), tuple(notes))


def _each(
    path: Path,
    what: str,
    entries: Iterable[Entry],
    lists: Lists,
    read: Callable[[Entry, Mapping[str, Entry]], T],
) -> list[T]:
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(read(entry, lists.budgets))
        except WrongEntry as error:
            raise RehearsalError(f"{path}, {what} {number}{_named(entry)}: {error}") from None
    return found


def _named(entry: Any) -> str:
    names = ("alias", "key_alias", "team_alias", "name", "id", "team_id", "user_id")
    name = next((entry[name] for name in names if isinstance(entry.get(name), str) and entry[name]), None)
    return "" if name is None or name.startswith("sk-") else f" ({name})"


def _once(found: list[T], what: str, name: Callable[[T], str]) -> list[T]:
    """Each once; the same entry may be on two pages, but not with two limits."""
    unique: dict[str, T] = {}
    for one in found:
        if unique.setdefault(name(one), one) != one:
            raise RehearsalError(
                f"The {what} {name(one)!r} is listed twice, with different limits. Keep one of them."
            )
    return list(unique.values())


def _linked(keys: list[KeyLimits], teams: list[TeamLimits]) -> tuple[list[KeyLimits], list[KeyLimits]]:
    """The keys with their teams by alias, as LiteLLM's list of keys names them by id; and those without limits."""
    aliases = {team.id: team.alias for team in teams if team.id} | {team.alias: team.alias for team in teams}
    linked = [key if key.team is None else replace(key, team=aliases.get(key.team, key.team)) for key in keys]
    return linked, [key for key in linked if key.team is not None and key.team not in aliases.values()]
