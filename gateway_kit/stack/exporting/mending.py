"""What the check for production still finds in a configuration is mended by its own steps, each with a note."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway_kit.stack.configuration.production import ProductionFinding, check_production
from gateway_kit.stack.configuration.production.mends import Add, Delete, Step, Write
from gateway_kit.stack.exporting.draft import Draft
from gateway_kit.stack.exporting.variables import Register
from gateway_kit.stack.exporting.yaml_text import yaml_text

# What is decided elsewhere: whether there is tracing, and how the gateways are run.
_NOT_HERE = ("tracing", "health-app", "image-digest", "migration-job", "probe")
# One mend may bring another rule into play, such as a budget.
_ROUNDS = 3


def mend(draft: Draft, environment: Mapping[str, str], *, gateways: int, workers: int) -> None:
    """Carry out the steps of every finding about the draft."""
    for _ in range(_ROUNDS):
        findings = _findings(draft, environment, gateways=gateways, workers=workers)
        mended = [found for found in findings if _carry_out(draft.data, found.steps)]
        for found in mended:
            draft.note(f"Changed for production, rule {found.code}: {found.message}")
        if not mended:
            return


def _findings(
    draft: Draft, environment: Mapping[str, str], *, gateways: int, workers: int
) -> list[ProductionFinding]:
    given = {**_placeholders(draft.register), **environment}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_text(yaml_text(draft.data), encoding="utf-8")
        found = check_production(file, given, replicas=gateways, workers=workers, ignore=_NOT_HERE)
    return [each for each in found if isinstance(each, ProductionFinding)]


def _placeholders(register: Register) -> dict[str, str]:
    """A value for each variable: that there is one is what the check looks at."""
    return {each.name: each.default or f"given-{each.name}" for each in register.variables}


def _carry_out(data: dict[str, Any], steps: tuple[Step, ...]) -> bool:
    """Whether any of the steps changed the data; those about variables are not for the configuration."""
    done = False
    for step in steps:
        if isinstance(step, Write):
            _place(data, step.path)[step.path[-1]] = step.value
        elif isinstance(step, Add):
            around = _place(data, step.path)
            kept = around.get(step.path[-1], [])
            around[step.path[-1]] = [*(kept if isinstance(kept, list) else [kept]), step.item]
        elif isinstance(step, Delete):
            del _place(data, step.path)[step.path[-1]]
        else:
            continue
        done = True
    return done


def _place(data: dict[str, Any], path: tuple[str | int, ...]) -> Any:
    """What the last key of a path is in; made where it is missing."""
    around: Any = data
    for key in path[:-1]:
        if isinstance(around, dict) and not isinstance(around.get(key), dict | list):
            around[key] = {}
        around = around[key]
    return around
