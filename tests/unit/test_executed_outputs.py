"""The check of executed lessons finds what a reader would stumble over, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))
import said  # beside the tests of lessons
from outputs import problems


def executed(output: dict[str, Any]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output(**output)])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text"), cell])


def shown(table: pd.DataFrame, **options: Any) -> list[str]:
    options = {"display.max_colwidth": 100, **options}
    with pd.option_context(*(part for option in options.items() for part in option)):
        return problems(executed({"output_type": "display_data", "data": {"text/html": table._repr_html_()}}))


def test_a_whole_table_has_no_problem() -> None:
    assert (
        shown(pd.DataFrame({"what": ["a", "b"], "seconds": [0.5, float("nan")]}, index=["first", "second"]))
        == []
    )
    assert shown(pd.DataFrame({"empty": [None, None]})) == []


@pytest.mark.parametrize(
    ("table", "options", "problem"),
    [
        (pd.DataFrame({"text": ["one\ntwo"]}), {}, "cell 2: a table has \\n as letters"),
        (pd.DataFrame({"text": ["x" * 80]}), {"display.max_colwidth": 20}, "cell 2: a table is cut off"),
        (pd.DataFrame({"n": range(90)}), {"display.max_rows": 6}, "cell 2: a table is cut off"),
        (
            pd.DataFrame({f"c{n}": [n] for n in range(30)}),
            {"display.max_columns": 4},
            "cell 2: a table is cut off",
        ),
        (
            pd.DataFrame({"s": ["off", float("nan")]}),
            {},
            "cell 2: a table has NaN beside 'off' in the column 's'",
        ),
        (
            pd.DataFrame({"s": pd.Series(["off", None], dtype="string")}),
            {},
            "cell 2: a table has <NA> beside 'off'",
        ),
    ],
)
def test_a_broken_table_is_named_with_its_cell(
    table: pd.DataFrame, options: dict[str, Any], problem: str
) -> None:
    found = shown(table, **options)
    assert found
    assert found[0].startswith(problem)


def test_an_assertion_error_that_is_shown_is_named() -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": "AssertionError: "}
    assert problems(executed(printed)) == ["cell 2: shows AssertionError"]


def test_a_sentence_that_the_numbers_do_not_support_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = ("twice as much", r"(\d+) times", lambda times: times == 2)
    monkeypatch.setitem(said.SAID, "00_lesson", [sentence])  # type: ignore[arg-type]
    printed = {"output_type": "stream", "name": "stdout"}
    assert said.broken("00_lesson", executed({**printed, "text": "2 times"})) == []
    assert said.broken("00_lesson", executed({**printed, "text": "3 times"})) == [
        "twice as much: the lesson prints '3 times'"
    ]
    assert "does not print" in said.broken("00_lesson", executed({**printed, "text": "nothing"}))[0]
    assert said.broken("another", executed({**printed, "text": "nothing"})) == []
