"""Rehearse a configuration of the gateway with logged traffic, before production sees it.

    from gateway_kit.rehearsal import rehearse

    rehearsal = rehearse("config.yaml", "calls.jsonl", against="production.yaml", speed=60)
    rehearsal.runs["candidate"].summary("model")

A name is imported when it is first used, so that `import gateway_kit.rehearsal` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway_kit.rehearsal.errors import RehearsalError, RehearsalFailedError
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run import rehearse
    from gateway_kit.rehearsal.traffic import read_traffic

__all__ = ["Rehearsal", "RehearsalError", "RehearsalFailedError", "read_traffic", "rehearse"]

_HOMES = {
    "Rehearsal": "gateway_kit.rehearsal.result",
    "RehearsalError": "gateway_kit.rehearsal.errors",
    "RehearsalFailedError": "gateway_kit.rehearsal.errors",
    "read_traffic": "gateway_kit.rehearsal.traffic",
    "rehearse": "gateway_kit.rehearsal.run",
}

if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'gateway_kit.rehearsal' has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
