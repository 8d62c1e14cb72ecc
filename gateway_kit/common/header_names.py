"""Names that LiteLLM writes into response headers, and what may not stand there. Internal.

Tried on the proxy (1.106.2): a name outside Latin-1 ends with 500 after the provider was paid; a line break, or a blank
at an end, breaks the connection. This holds for the name asked for, also an alias, and for a deployment's `model`,
`api_base` and id. Regions, tags and access groups get into no header.
"""

from __future__ import annotations

import unicodedata

# The places of a deployment from which LiteLLM fills headers.
DEPLOYMENT_NAMES = (
    ("model_name",),
    ("litellm_params", "model"),
    ("litellm_params", "api_base"),
    ("litellm_params", "base_url"),
    ("model_info", "id"),
)


def header_fault(name: str) -> str | None:
    """What keeps a name out of a response header, as the end of a sentence; None if nothing does."""
    for character in name:
        if unicodedata.category(character) == "Cc":
            return f"holds the control character U+{ord(character):04X}"
        if ord(character) > 0xFF:
            shown = character if character.isprintable() else "?"
            return f"holds `{shown}` (U+{ord(character):04X}), which is outside Latin-1"
    if name != name.strip(" \t"):
        return "begins or ends with a blank"
    return None
