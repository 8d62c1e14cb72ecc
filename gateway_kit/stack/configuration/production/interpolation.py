"""Values of a Compose file, in which `${NAME}` stands for a variable of whoever starts it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:\$|\{(?P<braced>[A-Za-z_]\w*)(?P<rest>[^}]*)\}|(?P<plain>[A-Za-z_]\w*))")


def interpolated(text: str, environ: Mapping[str, str]) -> str | None:
    """The value that the container gets; None if a variable in it is not known here, or has an empty default."""
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match["braced"] or match["plain"]
        if name is None:
            return "$"
        rest = match["rest"] or ""
        given = environ.get(name)
        if given or (given is not None and not rest.startswith(":")):
            return given if not rest.lstrip(":").startswith("+") else rest.lstrip(":+")
        default = rest.removeprefix(":").removeprefix("-") if rest.startswith((":-", "-")) else ""
        unknown = unknown or not default
        return default

    result = _REFERENCE.sub(value, text)
    return None if unknown else result
