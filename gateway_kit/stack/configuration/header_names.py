"""Findings about names that LiteLLM writes into response headers."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from gateway_kit.common.header_names import DEPLOYMENT_NAMES, header_fault
from gateway_kit.stack.configuration.document import entries, items, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.models import REFERENCE

_COSTS = "LiteLLM writes it into a response header, so that each call fails after the provider was paid."


def check_header_names(root: yaml.Node) -> Iterator[Finding]:
    """Findings about model names, aliases, and other values of a deployment that go into headers."""
    listed = lookup(root, "model_list")
    for deployment in items(listed.value if listed else None):
        for path in DEPLOYMENT_NAMES:
            given = lookup(deployment, *path)
            if given is not None and (name := text_of(given.value)) and not name.startswith(REFERENCE):
                yield from _finding(given.value, f"`{path[-1]}`", name)
    aliases = lookup(root, "router_settings", "model_group_alias")
    for entry in entries(aliases.value if aliases else None):
        yield from _finding(entry.key_node, "the alias", entry.key)


def _finding(node: yaml.Node, place: str, name: str) -> Iterator[Finding]:
    if (fault := header_fault(name)) is not None:
        fix = "Write it in ASCII letters, digits and signs; what users see can be named in the application."
        yield finding_at(node, "error", "header-name", f"{place} {shown(name)!r} {fault}: {_COSTS}", fix)
