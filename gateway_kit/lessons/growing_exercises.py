"""The exercises of lesson 08: a key that is gone at every replica, and a configuration that is ready for three."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gateway_kit.common.polling import poll_until
from gateway_kit.keys import VirtualKey
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.growing import accepted, new_key, production_findings
from gateway_kit.lessons.growing_stack import GrownStack
from gateway_kit.lessons.learner import call_learner

# Waiting until the other replicas have forgotten the key takes a minute, in which a thief has it.
_AT_ONCE_S, _MESSAGE_S = 20.0, 3.0
_REPLICAS, _CONNECTIONS, _RESERVED, _LEAST_POOL = 3, 100, 3, 5


# --- 08.1 --------------------------------------------------------------------------------------------------


def _grade_retire(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A key that each replica has just answered is refused by each of them, and gone; another key is not."""
    grown, retire = require(variables, grown=GrownStack, retire=callable)
    leaked, other = new_key(grown), new_key(grown)
    accepted(grown, leaked)
    begin = time.monotonic()
    _, failure = call_learner(retire, leaked)
    took_s = time.monotonic() - begin
    still = _still_accepting(grown, leaked)
    names = set(grown.gateway.keys.list()["key_alias"])
    untouched = other.alias in names and all(accepted(grown, other).values())
    return [
        Criterion("`retire(key)` runs without an error", not failure, failure),
        Criterion(
            "no replica accepts the key once `retire` has returned",
            not still,
            f"{' and '.join(still)} still answered it",
        ),
        Criterion("the key is no longer in the list of keys", leaked.alias not in names, "it is"),
        Criterion("other keys go on", untouched, "another key was deleted or refused"),
        Criterion("it waits for no memory to forget the key", took_s < _AT_ONCE_S, f"{took_s:.0f} s"),
    ]


def _still_accepting(grown: GrownStack, key: VirtualKey) -> list[str]:
    """The replicas that go on answering the key; a message to the others may take a moment."""

    def accepting() -> list[str]:
        return [name for name, answers in accepted(grown, key).items() if answers]

    still, _ = poll_until(accepting, lambda names: not names, timeout_s=_MESSAGE_S)
    return still


# --- 08.2 --------------------------------------------------------------------------------------------------


def _grade_ready(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """The check for production finds neither errors nor warnings, and the file still does what it is for."""
    config = require(variables, config=dict)
    findings = production_findings(config, _REPLICAS)
    names = {
        str(entry.get("model_name")) for entry in config.get("model_list") or [] if isinstance(entry, dict)
    }
    router = config.get("router_settings") or {}
    fallbacks = router.get("fallbacks") if isinstance(router, dict) else None
    return [
        _none(findings, "error"),
        _none(findings, "warning"),
        Criterion(
            "`assistant` and `assistant-backup` are still there, and the fallback between them",
            {"assistant", "assistant-backup"} <= names
            and {"assistant": ["assistant-backup"]} in (fallbacks or []),
            f"models {', '.join(sorted(names)) or 'none'}; fallbacks {fallbacks}",
        ),
        _pool(config),
    ]


def _none(findings: pd.DataFrame, level: str) -> Criterion:
    found = findings[findings["level"] == level]
    rules = ", ".join(dict.fromkeys(found["rule"]))
    return Criterion(f"the check for production finds no {level}", found.empty, rules)


def _pool(config: Mapping[str, Any]) -> Criterion:
    """Whether the pools of all replicas fit, with one more during a rolling restart, and are not needlessly small."""
    general = config.get("general_settings") or {}
    pool = general.get("database_connection_pool_limit", 10) if isinstance(general, dict) else None
    most = (_CONNECTIONS - _RESERVED) // (_REPLICAS + 1)
    fits = isinstance(pool, int) and not isinstance(pool, bool) and _LEAST_POOL <= pool <= most
    found = f"{pool!r}"
    if isinstance(pool, int) and pool > most:
        found += f": {_REPLICAS + 1} replicas with {pool} each are {(_REPLICAS + 1) * pool} connections"
    elif isinstance(pool, int) and pool < _LEAST_POOL:
        found += ": requests would wait for a connection"
    return Criterion("the pools fit into the database, also during a rolling restart", fits, found)


EXERCISES = (
    Exercise(
        "08.1",
        _grade_retire,
        hints=(
            "Look at the table of section 3: which of the two changes does every replica know at once? And which one "
            "removes the key from the list?",
            "A replica that is told of a change forgets the key, and looks it up in the database when next asked. "
            "What does it find there if the key was deleted meanwhile?",
            "Both, and in the right order: `grown.gateway.keys.block(key)` first, then "
            "`grown.gateway.keys.delete(key)`. A key that is deleted cannot be blocked any more.",
        ),
    ),
    Exercise(
        "08.2",
        _grade_ready,
        hints=(
            "Go through the findings one by one: each has a `fix`. "
            '`growing.production_findings(config, replicas=3)[["rule", "fix"]]` lists them.',
            "Secrets and addresses are references: `os.environ/LITELLM_MASTER_KEY`, `os.environ/REDIS_HOST`. A cache "
            "of `type: redis` is also where limits are counted.",
            "The pool: (100 - 3) connections for 3 replicas and one more during a rolling restart are 24 for each, at "
            "most. For the rest, `routing_strategy` is `simple-shuffle`, and `proxy_batch_write_at` is 60.",
        ),
    ),
)
