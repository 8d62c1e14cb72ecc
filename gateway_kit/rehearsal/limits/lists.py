"""The lists in a file with limits: sections of one's own, or pages of LiteLLM's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.limits.entries import Entry

_SECTIONS = ("keys", "teams", "users", "budgets")
_FORM = (
    "It is YAML or JSON with keys:, teams: or users:, or what LiteLLM answers to /key/list?return_full_object=true "
    "or /team/list"
)


@dataclass
class Lists:
    """Entries by what they are, budgets by name, and sentences on what the file lacks."""

    keys: list[Entry] = field(default_factory=list)
    teams: list[Entry] = field(default_factory=list)
    users: list[Entry] = field(default_factory=list)
    budgets: dict[str, Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    internal_users: int = 0


def read_lists(path: Path) -> Lists:
    """The lists of a file."""
    lists = Lists()
    totals: dict[str, int] = {}
    for value in _values(path):
        _collect(value, path, lists, totals)
    if lists.internal_users:
        lists.notes.append(
            f"{path.name} has {counted(lists.internal_users, 'user')} of LiteLLM's pages: their limits are not "
            f"rehearsed, only those of keys, teams and end users (/customer/list)."
        )
    elif not (lists.keys or lists.teams or lists.users):
        raise RehearsalError(f"{path} has no keys, teams or users. {_FORM}")
    for section, total in totals.items():
        found = len(getattr(lists, section)) + (lists.internal_users if section == "users" else 0)
        if total > found:
            lists.notes.append(
                f"{path.name} has {found} of {total} {section}: export the other pages too (page=2 …)."
            )
    return lists


def _collect(value: Any, path: Path, lists: Lists, totals: dict[str, int]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, path, lists, totals)
        return
    if not isinstance(value, Mapping):
        raise RehearsalError(f"{path} has {str(value)[:12]!r} where keys, teams or users belong. {_FORM}")
    if isinstance(value.get("info"), Mapping):  # /key/info
        lists.keys.append(value["info"])
    elif isinstance(value.get("team_info"), Mapping):  # /team/info
        lists.teams.append(value["team_info"])
    elif "user_role" in value:  # of /user/list
        lists.internal_users += 1
    elif (kind := _kind_of_entry(value)) is not None:
        getattr(lists, kind).append(value)
    else:
        _collect_sections(value, path, lists, totals)


def _kind_of_entry(entry: Entry) -> str | None:
    """Which of LiteLLM's lists an entry is of; None for a page or a file with sections."""
    if "key_name" in entry or "key_alias" in entry or "token" in entry:
        return "keys"
    if "team_id" in entry:
        return "teams"
    return "users" if "user_id" in entry else None


def _collect_sections(page: Entry, path: Path, lists: Lists, totals: dict[str, int]) -> None:
    sections = [name for name in _SECTIONS if page.get(name)]
    for name in sections:
        entries = page[name]
        if name == "budgets":
            lists.budgets |= _budgets(entries, path)
        else:
            found = _entries(entries, name, path)
            others = [entry for entry in found if "user_role" not in entry]
            lists.internal_users += len(found) - len(others)
            getattr(lists, name).extend(others)
    total = page.get("total_count", page.get("total"))
    if isinstance(total, int) and sections:
        totals[sections[0]] = total
    if not sections:
        names = ", ".join(map(str, page))[:80]
        raise RehearsalError(f"{path} has none of keys:, teams: and users:, only {names}. {_FORM}")


def _entries(entries: Any, section: str, path: Path) -> list[Entry]:
    """Entries as a list, or by name."""
    if isinstance(entries, Mapping):
        name = "id" if section == "users" else "alias"
        entries = [
            {name: key, **(value or {})}
            for key, value in entries.items()
            if isinstance(value, Mapping | None)
        ]
    if not isinstance(entries, list):
        raise RehearsalError(f"{path}: {section} is a list of entries, not {type(entries).__name__}")
    if any(isinstance(entry, str) for entry in entries):
        raise RehearsalError(
            f"{path} has only hashes or names under {section}. Export them with their limits: "
            f"/key/list?return_full_object=true"
        )
    if not all(isinstance(entry, Mapping) for entry in entries):
        raise RehearsalError(f"{path}: an entry of {section} is not a mapping. {_FORM}")
    return entries


def _budgets(entries: Any, path: Path) -> dict[str, Entry]:
    if not isinstance(entries, Mapping) or not all(
        isinstance(budget, Mapping) for budget in entries.values()
    ):
        raise RehearsalError(
            f"{path}: budgets maps names to limits: `small: {{max_budget: 1, budget_duration: 30d}}`"
        )
    return {str(name): budget for name, budget in entries.items()}


def _values(path: Path) -> list[Any]:
    text = _text(path).strip()
    if text[:1] in ("{", "["):
        try:
            return _json_values(text)
        except ValueError:
            pass  # YAML may begin like this, too
    import yaml  # of the extra `stack`, which a rehearsal needs anyway

    try:
        return [value for value in yaml.safe_load_all(text) if value is not None]
    except yaml.YAMLError as error:
        raise RehearsalError(f"{path} is neither YAML nor JSON: {' '.join(str(error).split())}") from None


def _json_values(text: str) -> list[Any]:
    """Values one after the other, as several pages in one file are."""
    values, decoder, place = [], json.JSONDecoder(), 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        values.append(value)
        while place < len(text) and text[place].isspace():
            place += 1
    return values


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise RehearsalError(f"There is no file {path} with keys, teams or users.") from None
    except IsADirectoryError:
        raise RehearsalError(f"{path} is a folder. Name the file with keys, teams or users in it.") from None
    except PermissionError:
        raise RehearsalError(f"{path} may not be read by this user. Try: ls -l {path}") from None
    except UnicodeDecodeError:
        raise RehearsalError(f"{path} is not text in UTF-8. {_FORM}") from None
    except OSError as error:
        raise RehearsalError(f"{path} cannot be read: {error.strerror or error}") from error
