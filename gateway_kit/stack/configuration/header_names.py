"""Names that LiteLLM writes into response headers: what may stand there, and findings about what may not.

Tried on the proxy (1.106.2): a name outside Latin-1 ends with 500 after the provider was paid, a line break or a blank
at an end breaks the connection; so it is for the name asked for, also an alias, and for a deployment's `model`,
`api_base` and id. Regions, tags and access groups get into no header.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import entries, items, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.models import REFERENCE

# The places of a deployment from which LiteLLM fills headers.
DEPLOYMENT_NAMES = (
    ("model_name",),
    ("litellm_params", "model"),
    ("litellm_params", "api_base"),
    ("litellm_params", "base_url"),
    ("model_info", "id"),
)

_COSTS = "LiteLLM writes it into a response header, so that each call fails after the provider was paid."


def header_fault(name: str) -> str | None:
    """What keeps a name out of a response header, as the end of a sentence; None where nothing does."""
    for character in name:
        if unicodedata.category(character) == "Cc":
            return f"holds the control character U+{ord(character):04X}"
        if ord(character) > 0xFF:
            return f"holds `{shown(character)}` (U+{ord(character):04X}), which is outside Latin-1"
    if name != name.strip(" \t"):
        return "begins or ends with a blank"
    return None


def check_header_names(root: yaml.Node) -> Iterator[Finding]:
    """Findings about model names, aliases, and what a deployment puts into headers."""
    listed = lookup(root, "model_list")
    for deployment in items(listed.value if listed else None):
        for path in DEPLOYMENT_NAMES:
            found = lookup(deployment, *path)
            if found is not None and (name := text_of(found.value)) and not name.startswith(REFERENCE):
                yield from _finding(found.value, f"`{path[-1]}`", name)
    aliases = lookup(root, "router_settings", "model_group_alias")
    for entry in entries(aliases.value if aliases else None):
        yield from _finding(entry.key_node, "the alias", entry.key)


def _finding(node: yaml.Node, place: str, name: str) -> Iterator[Finding]:
    if (fault := header_fault(name)) is not None:
        mend = "Write it in ASCII letters, digits and signs; what users see can be named in the application."
        yield finding_at(node, "error", "header-name", f"{place} {shown(name)!r} {fault}: {_COSTS}", mend)
