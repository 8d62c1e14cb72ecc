"""A client's regular expression that is searched for in the names of a call's usage, such as `input_cached_tokens`."""

from __future__ import annotations

import sys

import regex  # unlike `re`, it can be stopped

TIME_LIMIT_S = 0.05  # of one search; a common one takes microseconds


class UsagePattern:
    """Searches as Node does, but only until one search takes too long."""

    def __init__(self, pattern: str, *, is_case_sensitive: bool = False) -> None:
        self._pattern = pattern
        self._is_given_up = False
        try:
            self._compiled = regex.compile(pattern, 0 if is_case_sensitive else regex.IGNORECASE)
        except regex.error as exc:
            self._give_up(str(exc))

    def is_in(self, name: str) -> bool:
        """Whether the name has a match; False for all names once a search has taken too long."""
        if self._is_given_up:
            return False
        try:
            return self._compiled.search(name, timeout=TIME_LIMIT_S) is not None
        except TimeoutError:
            self._give_up(f"a search took more than {TIME_LIMIT_S} s")
            return False

    def _give_up(self, reason: str) -> None:
        self._is_given_up = True
        print(
            f"tracestore: the usageDetailPattern {self._pattern!r} of a model's pricing tier matches nothing from "
            f"now on: {reason}. Define the model again with a simpler pattern",
            file=sys.stderr,
            flush=True,
        )
