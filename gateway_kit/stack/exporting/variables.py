"""The variables of a deployment: what an exported file refers to in the place of a key, a password or an address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway_kit.stack.configuration.models import REFERENCE


@dataclass(frozen=True)
class Variable:
    """One variable. `needed`: nothing starts without it; `default` is empty for a secret.

    Where a variable that is not needed stays empty, the models that refer to it fail, and nothing else.
    """

    name: str
    secret: bool
    meaning: str
    needed: bool = False
    default: str = ""


class Register:
    """Collects variables while a configuration is rewritten; a secret that was met before keeps its name."""

    def __init__(self) -> None:
        self._variables: dict[str, Variable] = {}
        self._names: dict[str, str] = {}  # secret → the name that stands for it; never shown

    def __repr__(self) -> str:
        return f"Register({sorted(self._variables)})"

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All of them, those that are needed first."""
        return tuple(sorted(self._variables.values(), key=lambda each: not each.needed))

    def refer(self, variable: Variable) -> str:
        """The reference to a variable, which is added unless its name is known."""
        self._variables.setdefault(variable.name, variable)
        return REFERENCE + variable.name

    def name_for(self, secret: str, *wanted: str) -> str:
        """The name for a literal secret: the one it has, else the first of `wanted` that is free, or a numbered one."""
        if secret in self._names:
            return self._names[secret]
        taken = self._variables.keys() | set(self._names.values())
        name = next((each for each in wanted if each not in taken), "")
        number = 2
        while not name:
            numbered = f"{wanted[-1]}_{number}"
            name, number = "" if numbered in taken else numbered, number + 1
        self._names[secret] = name
        return name


def variable_name(*parts: object) -> str:
    """A variable's name made of words: `gpt-4o.mini`, `api_key` → GPT_4O_MINI_API_KEY."""
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(str(part) for part in parts).upper()).strip("_")
    return f"MODEL_{name}" if not name or name[0].isdigit() else name
