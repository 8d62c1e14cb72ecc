"""The prices and limits that lesson 02 states are those of LiteLLM's list."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "02_virtual_keys.ipynb"


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(cell.source for cell in nbformat.read(LESSON, as_version=4).cells)


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    """LiteLLM's facts of the lesson's model."""
    (folder,) = find_spec("litellm").submodule_search_locations  # type: ignore[union-attr, misc]
    known = json.loads((Path(folder) / "model_prices_and_context_window_backup.json").read_text())
    found: dict[str, Any] = known["gpt-4o-mini"]
    return found


def test_a_call_costs_what_the_lesson_says(text: str, model: dict[str, Any]) -> None:
    """12 tokens of the question, as the simulated provider counts, and 20 of the answer."""
    assert "about 32 tokens" in text
    assert '"max_tokens": 20' in text
    cost_usd = 12 * model["input_cost_per_token"] + 20 * model["output_cost_per_token"]
    assert f"about {cost_usd:.6f} USD" in text
    assert 3 < 0.00005 / cost_usd < 4
    assert "budget_usd = 0.00005" in text


def test_the_longest_answer_is_what_the_lesson_says(text: str, model: dict[str, Any]) -> None:
    assert f"the model's longest answer, {model['max_output_tokens']:,} tokens" in text
    # So a single call without max_tokens reserves more than the two crowds may spend.
    assert model["max_output_tokens"] * model["output_cost_per_token"] > 2 * 0.00005
