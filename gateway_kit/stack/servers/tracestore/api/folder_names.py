"""Names of prompts and datasets, in which slashes make folders."""

from __future__ import annotations

import re

from gateway_kit.stack.servers.tracestore.api import checks, issues

_HTML = re.compile("<[^<>]*>")
_PATTERNS = (
    ("^[^/]", "Name cannot start with a slash"),
    (r"^(?!.*\/\/)", "Name cannot contain consecutive slashes"),
    ("^.*[^/]$", "Name cannot end with a slash"),
)


def check_folder_name(
    value: str, path: issues.Path, wrong: checks.Issues, *others: tuple[str, str]
) -> str | None:
    """The name without spaces around it; None if it is refused. `others` are patterns that come first."""
    before = len(wrong)
    if not value:
        wrong.append(issues.too_small(path, 1, origin="string", message="Text cannot be empty"))
    if _HTML.search(value):
        wrong.append(issues.custom(path, "Text cannot contain HTML tags"))
    for pattern, message in (*others, *_PATTERNS):
        checks.pattern(value, path, wrong, pattern, message)
    if len(wrong) > before:
        return None
    name = value.strip(checks.JS_SPACE)
    if not name:
        wrong.append(issues.custom(path, "Name cannot be empty"))
    return name
