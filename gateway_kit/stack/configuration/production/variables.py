"""The variables that the gateway gets: their values where they can be seen, else only that they are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml


@dataclass(frozen=True)
class Variables:
    """Variables by name.

    `referred` are given with a value that cannot be seen, such as a secret's. Where `more` is true, a whole secret or
    a file that is not there gives others besides. `node` is where they stand in the file.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    referred: frozenset[str] = frozenset()
    more: bool = False
    node: yaml.Node | None = None

    def value(self, name: str) -> str | None:
        """The value, None if it is not given, empty or cannot be seen."""
        return self.values.get(name, "").strip() or None

    def gives(self, name: str) -> bool:
        """Whether the gateway certainly gets it."""
        return self.value(name) is not None or name in self.referred

    def may_give(self, name: str) -> bool:
        """Whether the gateway gets it, or may get it from a secret whose content cannot be seen."""
        return self.more or self.gives(name)

    def is_on(self, name: str) -> bool:
        """Whether it is known to be true, or may be."""
        value = self.value(name)
        return self.may_give(name) if value is None else value.casefold() in ("true", "1")
