"""What was changed at the provider simulator or the gateway while they ran, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway_kit.common.owners import Owner

# The name in a model's `model_info` under which `gateway.models.add` says who added it.
ADDED_BY = "added_by"
KEPT = "kept until it is cleared"
CLEAR = "gateway-kit faults --clear"
_NAMED = 3  # models that are named; of more, the number is told

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunTimeChange:
    """One change.

    what     fault, profile, answer, latency, model or strategy
    text     what it does, and where
    owner    the process that made it, if that is known
    client   who renews its lease; empty for a change that stays until it is cleared
    id       of a model: its deployment
    fix      the command or the call that takes it back
    """

    what: str
    text: str
    owner: Owner | None = None
    client: str = ""
    id: str = ""
    fix: str = CLEAR

    @property
    def set_by(self) -> str:
        """The process that made it, with which all but models end."""
        if self.owner is not None:
            return str(self.owner)
        if self.fix != CLEAR:
            return "an unknown program"
        return "a client without a name" if self.client else KEPT

    @property
    def is_leftover(self) -> bool:
        """Whether the process that made it has ended, or is the one that asks."""
        return self.owner is not None and (self.owner.is_this_process or self.owner.has_ended)

    def __str__(self) -> str:
        set_by = self.set_by
        return f"{self.text}; {set_by}" if set_by == KEPT else f"{self.text}; set by {set_by}"


def simulator_changes(
    faults: Iterable[Row], profiles: Iterable[Row], answers: Iterable[Row], latencies: Iterable[Row] = ()
) -> list[RunTimeChange]:
    """The changes in the simulator's lists of faults, of changes to profiles, of added answers, and of latencies."""
    changes = [_change("fault", _fault_text(row), row) for row in faults]
    alike: dict[str, list[Row]] = {}
    for row in profiles:
        settings = ", ".join(f"{name} {value:g}" for name, value in row["values"].items())
        alike.setdefault(f"{settings} {(row['lease'] or {}).get('id')}", []).append(row)
    changes += [_change("profile", _profile_text(rows), rows[0]) for rows in alike.values()]
    # Those of a file are what the simulator starts with.
    added = (row for row in answers if not row.get("from_file"))
    changes += [_change("answer", f"to {row['pattern']}", row) for row in added]
    return changes + [_change("latency", f"distribution at {_where(row)}", row) for row in latencies]


def added_models(entries: Iterable[Row]) -> list[dict[str, Any]]:
    """The models in LiteLLM's list that were added at run time, each deployment once.

    Keys: model_name, model (with its provider), deployment (its id), added_by (`vars` of an Owner, or None).
    """
    added = {}
    for entry in entries:
        info = entry.get("model_info") or {}
        deployment = str(info.get("id"))
        if info.get("db_model") and deployment not in added:  # an alias repeats its model
            added[deployment] = {
                "model_name": str(entry["model_name"]),
                "model": (entry.get("litellm_params") or {}).get("model"),
                "deployment": deployment,
                "added_by": info.get(ADDED_BY),
            }
    return list(added.values())


def model_changes(added: Iterable[Row]) -> list[RunTimeChange]:
    """The same in words."""
    return [
        RunTimeChange(
            "model",
            f"{row['model_name']}: {row['model']}",
            Owner.read(row["added_by"]),
            id=row["deployment"],
            fix=f"gateway.models.delete({row['deployment']!r})",
        )
        for row in added
    ]


def strategy_changes(groups: Iterable[Row]) -> list[RunTimeChange]:
    """LiteLLM's routing groups that were set at run time, in words."""
    return [
        RunTimeChange(
            "strategy",
            f"{group['routing_strategy']} for {', '.join(group['models'])}",
            fix=f"gateway.router.set_strategy(None, {list(group['models'])!r})",
        )
        for group in groups
    ]


def _change(what: str, text: str, row: Row) -> RunTimeChange:
    lease = row.get("lease") or {}
    return RunTimeChange(what, text, Owner.read(lease.get("owner")), str(lease.get("client") or ""))


def _where(row: Row) -> str:
    scope = [f"{name}={row[name]}" for name in ("provider", "model", "deployment") if row.get(name)]
    return " ".join(scope) or "every provider"


def _fault_text(row: Row) -> str:
    text = f"{row['kind']} at {_where(row)}"
    if row.get("probability") is not None:
        text += f", {row['probability']:.0%} of the requests"
    if row.get("remaining") is not None:
        text += f", {row['remaining']} more"
    return text


def _profile_text(rows: list[Row]) -> str:
    settings = ", ".join(f"{name} {value:g}" for name, value in rows[0]["values"].items())
    names = [f"{row['provider']}/{row['model']}" for row in rows]
    return f"{settings} at {', '.join(names) if len(names) <= _NAMED else f'{len(names)} models'}"
