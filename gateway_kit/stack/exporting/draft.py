"""What is being made of the configuration in force: its data, the variables that it refers to, and the notes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway_kit.stack.exporting.variables import Register


@dataclass(frozen=True)
class Addresses:
    """Where the kit's own services are in the configuration in force: what must not stand in an exported file."""

    providers_url: str
    chat_model_url: str
    embeddings_url: str


@dataclass(frozen=True)
class RealModel:
    """What a simulated model, or one of the kit's own, became; `variables` are what it refers to now."""

    model_name: str
    model: str
    variables: tuple[str, ...]


@dataclass
class Draft:
    """A configuration while it is rewritten. `used` are the variables that the configuration referred to already."""

    data: dict[str, Any]
    addresses: Addresses
    register: Register = field(default_factory=Register)
    real_models: list[RealModel] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any], addresses: Addresses, register: Register | None = None) -> Draft:
        """A draft with a copy of the data."""
        return cls(copy.deepcopy(dict(data)), addresses, register or Register())

    def section(self, name: str) -> dict[str, Any]:
        """A section of settings, made where there is none or where it is empty."""
        if not isinstance(self.data.get(name), dict):
            self.data[name] = {}
        found: dict[str, Any] = self.data[name]
        return found

    def note(self, text: str) -> None:
        """Add a note, once."""
        if text not in self.notes:
            self.notes.append(text)
