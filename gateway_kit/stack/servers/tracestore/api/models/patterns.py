"""Patterns of usage names: whether one can be searched with, as Node and its library safe-regex judge it."""

from __future__ import annotations

import re

MAX_CHARS = 200
_MAX_REPETITIONS = 25
_PARTS = re.compile(
    r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|\)|(?:[*+?]|\{\d+(?:,\d*)?\})\??|.", re.DOTALL
)
_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")  # Python writes (?P<name>
_UNSAFE = "Pattern may cause catastrophic backtracking. Please simplify your regex."
# Python's words and V8's.
_REASONS = {
    "missing ), unterminated subpattern": "Unterminated group",
    "unterminated character set": "Unterminated character class",
    "nothing to repeat": "Nothing to repeat",
    "multiple repeat": "Nothing to repeat",
    "unbalanced parenthesis": "Unmatched ')'",
}


def fault(pattern: str) -> str:
    """What is wrong with the pattern; '' if nothing is."""
    if len(pattern) > MAX_CHARS:
        return f"Pattern exceeds maximum length of {MAX_CHARS} characters"
    if not pattern:
        return "Pattern cannot be empty"
    try:
        re.compile(_NAMED_GROUP.sub("(?P<", pattern))
    except (re.error, RecursionError, OverflowError) as exc:
        reason = exc.msg if isinstance(exc, re.error) else str(exc)
        words = _REASONS.get(reason, reason)
        return f"Invalid regex syntax: Invalid regular expression: /{pattern}/: {words}"
    return "" if _is_safe(pattern) else _UNSAFE


def _is_safe(pattern: str) -> bool:
    """Whether no repetition is within a repetition, and there are few of them."""
    repetitions = 0
    groups = [0]  # the deepest nesting of repetitions, by open group
    last = 0  # that of the last part
    for part in _PARTS.findall(pattern):
        if part.startswith("("):
            groups.append(0)
        elif part == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] = max(groups[-1], last)
        elif part[0] in "*+?" or (part[0] == "{" and len(part) > 1):
            repetitions += 1
            last += 1
            groups[-1] = max(groups[-1], last)
            if last > 1:
                return False
        else:
            last = 0
    return repetitions <= _MAX_REPETITIONS
