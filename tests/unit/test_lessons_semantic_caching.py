"""The graders of lesson 04: right solutions pass, wrong ones are told what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from semantic_lab import at_the_exercises
from solutions_04 import BEFORE, RIGHT, WRONG

from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.stack.configuration.offline import PLACEHOLDERS
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings, render_semantic

ROOT = Path(__file__).resolve().parents[2]

EXERCISES = ["04.1", "04.2", "04.3"]


def solved(code: str) -> dict[str, Any]:
    """The variables after the learner's cell."""
    variables = at_the_exercises()
    exec(BEFORE, variables)
    exec(code, variables)
    return variables


def missing(name: str, variables: Mapping[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solutions_pass_as_often_as_they_are_checked(name: str) -> None:
    variables = at_the_exercises()
    exec(solved_code(name), variables)
    assert missing(name, variables) == []
    assert missing(name, variables) == []


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in EXERCISES for kind in RIGHT[name]])
def test_other_right_solutions_pass(name: str, kind: str) -> None:
    assert missing(name, solved(RIGHT[name][kind])) == []


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in EXERCISES for kind in WRONG[name]])
def test_a_wrong_solution_is_told_what_is_missing(name: str, kind: str) -> None:
    code, criterion, words = WRONG[name][kind]
    variables = solved(code)
    result = check(name, variables)
    unmet = [one for one in result.criteria if not one.met]
    assert unmet[0].text == criterion, repr(result)
    assert words in unmet[0].found
    assert words in repr(result)


def test_no_gateway_is_asked_for_a_guard_that_is_wrong_without_it() -> None:
    variables = solved(WRONG["04.2"]["the first unit only"][0])
    assert missing("04.2", variables)[-2:] == [
        "through the gateway, the same question in other words hits",
        "and the one with its units swapped does not",
    ]
    assert variables["lab"].asked == []


@pytest.mark.parametrize("name", ["04.2", "04.3"])
def test_without_function_or_gateway_the_grader_says_so(name: str) -> None:
    function = {"04.2": "my_guard", "04.3": "ask_as"}[name]
    assert missing(name, {}) == [f"`{function}` is a function", "`lab` is set (SemanticGateway)"]
    assert missing("04.1", {"choose": 0.9}) == ["`choose` is a function"]


def test_every_exercise_has_three_right_and_five_wrong_solutions() -> None:
    assert min(map(len, RIGHT.values())) >= 3
    assert min(map(len, WRONG.values())) >= 5
    assert list(RIGHT) == list(WRONG) == EXERCISES


def test_the_configuration_in_the_lesson_is_that_of_its_gateway() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "04_semantic_caching.ipynb", as_version=4)
    shown = [
        text for cell in notebook.cells for text in re.findall(r"```yaml\n(.*?)```", cell.source, re.DOTALL)
    ]
    assert len(shown) == 1
    settings = SemanticCacheSettings(threshold=0.5, ttl_s=900, index="lesson-04")
    rendered = yaml.safe_load(render_semantic(dict.fromkeys(PLACEHOLDERS, "http://x"), settings).text)
    params = yaml.safe_load(shown[0])["litellm_settings"]
    assert params == {name: rendered["litellm_settings"][name] for name in params}
