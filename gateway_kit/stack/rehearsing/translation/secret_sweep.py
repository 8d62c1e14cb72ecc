"""No secret of the file reaches the configuration that is written, wherever it stands."""

from __future__ import annotations

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.secrets import is_secret
from gateway_kit.stack.rehearsing.translation.source import Way
from gateway_kit.stack.rehearsing.translation.speed import leaves

# What the translation itself writes.
_OURS = ("sim-", "simulated", "none")


def sweep_secrets(draft: Draft) -> None:
    """Replace every literal secret that is left by a made-up value."""
    for way, value in leaves(draft.data, ()):
        if (
            isinstance(value, str)
            and not value.startswith((*_OURS, REFERENCE))
            and is_secret(_name(way), value)
        ):
            draft.replace(way, "simulated", "a secret, which nothing here needs")


def _name(way: Way) -> str:
    return next((part for part in reversed(way) if isinstance(part, str)), "")
