"""What a grader says of a solution: which criteria fail, and the words that a learner sees."""

from __future__ import annotations

from typing import Any

from gateway_kit.lessons import check


def missing(name: str, variables: dict[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


def assert_fails(name: str, variables: dict[str, Any], criteria: list[str], words: str) -> None:
    result = check(name, variables)
    assert [criterion.text for criterion in result.criteria if not criterion.met] == criteria
    assert words in repr(result)
