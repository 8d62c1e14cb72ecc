"""What a rule looks at: LiteLLM's configuration, and how the gateway is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    is_null,
    items,
    lookup,
    number_of,
    text_of,
)
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production.mends import (
    Add,
    Delete,
    Path,
    SetVariable,
    Step,
    UnsetVariable,
    Write,
)
from gateway_kit.stack.configuration.production.variables import Variables

# A value that a person has to fill in.
FILL_IN = "…"

Kind = Literal["litellm", "compose", "values"]


@dataclass(frozen=True)
class WrittenSecret:
    """A secret that stands in a Compose file or in values as text, and what takes it out."""

    name: str
    node: yaml.Node
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Subject:
    """A configuration and its deployment.

    root                  LiteLLM's configuration
    document              the file that was checked: a Compose file or values around it, or the configuration itself
    gateway               the keys that lead to what describes the gateway in `document`
    inside                the keys that lead to the configuration in its file: `proxy_config` in values
    replicas, workers     gateways at most, and processes of each
    replicas_path         the keys that lead to the number of replicas in `document`, if it has one
    pooled                the connections of a pooler in each replica, which its workers share
    database_connections  the database's `max_connections`
    migrates              whether something else than the gateways brings the database's tables up to date
    chart_has_redis       whether the chart adds a Redis to the configuration that all gateways count in
    secrets               what stands in the file as text and should not
    """

    root: yaml.MappingNode
    variables: Variables
    kind: Kind = "litellm"
    document: yaml.Node | None = None
    gateway: Path = ()
    inside: Path = ()
    replicas: int = 1
    workers: int = 1
    replicas_path: Path = ()
    pooled: int | None = None
    database_connections: int = 100
    migrates: bool = False
    chart_has_redis: bool = False
    secrets: tuple[WrittenSecret, ...] = ()

    @property
    def processes(self) -> int:
        """How many processes answer requests."""
        return self.replicas * self.workers

    def given(self, *path: str) -> Entry | None:
        """A setting that has a value."""
        entry = lookup(self.root, *path)
        return None if entry is None or is_null(entry.value) else entry

    def place(self, *path: str) -> yaml.Node:
        """Where a missing setting belongs: the deepest of its keys that is there, or the configuration's beginning."""
        for length in range(len(path), 0, -1):
            if (entry := lookup(self.root, *path[:length])) is not None:
                return entry.key_node
        return self.root

    def variables_place(self) -> yaml.Node:
        """Where the gateway's variables stand."""
        return self.variables.node or self.root

    def container_place(self) -> yaml.Node:
        """Where the gateway's container is described, or the file's beginning."""
        entry = lookup(self.document, *(str(key) for key in self.gateway)) if self.gateway else None
        return entry.key_node if entry is not None else self.document or self.root

    def is_on(self, *path: str) -> bool:
        """Whether a switch is on, directly or by a variable."""
        entry = self.given(*path)
        return entry is not None and self.truth(entry.value)

    def truth(self, node: yaml.Node) -> bool:
        """Whether a value is true: `true`, a text that says so, or a variable with one."""
        if node.tag.endswith(":bool"):
            return bool(yaml.SafeLoader("").construct_object(node))
        text = self.text(node)
        return text is not None and text.strip().casefold() in ("true", "1", "yes", "on")

    def text(self, node: yaml.Node | None) -> str | None:
        """A text, or the value of the variable that it names; None if it is none or cannot be seen."""
        text = text_of(node)
        if text is None or not text.startswith(REFERENCE):
            return text
        return self.variables.value(text.removeprefix(REFERENCE))

    def number(self, node: yaml.Node | None) -> float | None:
        """A number, or a text or a variable that has one."""
        if node is None:
            return None
        number = number_of(node)
        if number is not None:
            return number
        try:
            return float(self.text(node) or "")
        except ValueError:
            return None

    def models(self) -> Iterator[tuple[int, str, yaml.Node]]:
        """Each item of `model_list`: its number, its name and itself."""
        listed = self.given("model_list")
        for number, deployment in enumerate(items(listed.value if listed else None)):
            name = lookup(deployment, "model_name")
            yield number, (text_of(name.value) or "") if name else "", deployment

    def write(self, *path: str | int, value: object) -> Write:
        """The step that writes a setting of LiteLLM's."""
        return Write((*self.inside, *path), value)

    def find(self, *path: str | int) -> Entry | None:
        """An entry of the Compose file or the values, below what describes the gateway."""
        return lookup(self.document, *(str(key) for key in (*self.gateway, *path)))

    def delete(self, *path: str | int) -> Delete:
        """The step that deletes a setting."""
        return Delete((*self.inside, *path))

    def set_variable(self, name: str, value: str) -> Step:
        """The step that gives the gateway a variable that is no secret."""
        if self.kind == "values":
            return Write((*self.gateway, "envVars", name), value)
        return self._in_compose(name, value) if self.kind == "compose" else SetVariable(name, value)

    def set_secret(self, name: str) -> Step:
        """The step that gives the gateway a secret, never as text in a file."""
        if self.kind == "values":
            secret = {"name": "litellm-secrets", "key": name}
            return Add((*self.gateway, "extraEnvVars"), {"name": name, "valueFrom": {"secretKeyRef": secret}})
        if self.kind == "compose":
            return self._in_compose(name, f"${{{name}:?}}")
        return SetVariable(name, FILL_IN)

    def unset_variable(self, name: str) -> Step:
        """The step that takes a variable from the gateway."""
        if self.kind == "litellm":
            return UnsetVariable(name)
        names = "envVars" if self.kind == "values" else "environment"
        return Delete((*self.gateway, names, name))

    def _in_compose(self, name: str, value: str) -> Step:
        listed = self.find("environment")
        path = (*self.gateway, "environment")
        if listed is not None and isinstance(listed.value, yaml.SequenceNode):
            return Add(path, f"{name}={value}")
        return Write((*path, name), value)
