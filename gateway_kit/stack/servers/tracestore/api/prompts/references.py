"""References between prompts: `@@@langfusePrompt:name=X|label=L@@@`, or `|version=N@@@`, in a text.

As in Langfuse, references are found in the prompt's JSON, so that those in messages count too.
"""

from __future__ import annotations

import math
import re

from gateway_kit.stack.servers.tracestore.api.parameters import js_number
from gateway_kit.stack.servers.tracestore.store.prompts import Reference

_TAG = re.compile("@@@langfusePrompt:([^\n\r\u2028\u2029]*?)@@@")


def find_references(prompt_json: str) -> list[Reference]:
    """The references in a prompt's JSON, each once; what is malformed is text."""
    found = []
    for inner in dict.fromkeys(_TAG.findall(prompt_json)):
        parts = inner.split("|")
        if len(parts) != 2 or not parts[0].startswith("name="):
            continue
        parameters: dict[str, str | None] = {}
        for part in parts:
            key, *values = part.split("=")
            parameters[key] = values[0] if values else None
        name, version, label = (parameters.get(key) for key in ("name", "version", "label"))
        if not name:
            continue
        if version:
            number = js_number(version)
            if math.isfinite(number):
                found.append(Reference(name, number, None))
        elif label is not None:
            found.append(Reference(name, None, label))
    return found
