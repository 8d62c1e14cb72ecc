"""Numbers that lessons 00 and 01 state in words are those of LiteLLM, of the configuration, or of arithmetic."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from gateway_kit.stack.configuration import TEMPLATES
from gateway_kit.stack.configuration.litellm_source import classes_of, folder_of

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LITELLM = folder_of("litellm") or Path("no litellm")
OFFLINE = re.sub(r"\$\{\w+\}", "x", (TEMPLATES / "offline.yaml").read_text(encoding="utf-8"))
CONFIGURATION: dict[str, Any] = yaml.safe_load(OFFLINE)


def says(lesson: str, sentence: str) -> None:
    """Fail unless the lesson's text has these words; links count as their text."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("*", "")
    assert sentence in plain


def constant(name: str) -> float:
    """A number of LiteLLM's `constants.py`; where the environment can change it, the default, which is written last."""
    for node in ast.parse((LITELLM / "constants.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value is not None:
            *_, last = (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
            return float(str(last))
    raise AssertionError(f"LiteLLM has no constant {name}")


def default_of(file: str, model: str, field: str) -> Any:
    """The default of a field of one of LiteLLM's models."""
    fields = {
        node.target.id: node.value
        for node in classes_of(LITELLM / file)[model].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    return ast.literal_eval(fields[field])


def test_the_gateway_keeps_an_answer_for_a_minute() -> None:
    says("00_start_here", "the gateway keeps each answer for a minute")
    says("01_routing", "keeps answers in a cache for a minute")
    assert CONFIGURATION["litellm_settings"]["cache_params"]["ttl"] == 60


def test_latency_based_routing_compares_ten_answers_per_token() -> None:
    says("01_routing", "compares the means of each deployment's last ten answers")
    says("01_routing", "has recently needed the least time per token of its answers")
    file = "router_strategy/lowest_latency.py"
    assert default_of(file, "RoutingArgs", "max_latency_list_size") == 10
    assert default_of(file, "RoutingArgs", "lowest_latency_buffer") == 0
    assert "safe_divide_seconds(response_seconds, completion_tokens)" in (LITELLM / file).read_text()


def test_a_cooldown_needs_more_than_half_of_five_requests() -> None:
    says("01_routing", "when more than half of its requests in a minute fail, if there were at least five")
    assert constant("DEFAULT_FAILURE_THRESHOLD_PERCENT") == 0.5
    assert constant("DEFAULT_FAILURE_THRESHOLD_MINIMUM_REQUESTS") == 5


def test_a_cooldown_lasts_ten_seconds_and_there_are_two_retries() -> None:
    says("01_routing", "left alone for `cooldown_time`, 10 seconds")
    says("01_routing", "with the two retries that section 4 showed")
    assert CONFIGURATION["router_settings"]["cooldown_time"] == 10
    assert CONFIGURATION["router_settings"]["num_retries"] == 2


def test_the_first_retry_waits_half_a_second() -> None:
    says("01_routing", "half a second at first and then twice that")
    assert constant("INITIAL_RETRY_DELAY") == 0.5


def test_smollm2_reads_2048_tokens() -> None:
    says("01_routing", "`smollm2`, which reads 2,048 tokens")
    (info,) = [m["model_info"] for m in CONFIGURATION["model_list"] if m["model_name"] == "smollm2"]
    assert info["max_input_tokens"] == 2048


def test_chance_gives_48_calls_to_three_deployments_as_stated() -> None:
    says("01_routing", "with 48 calls, 95 of 100 shares lie between 21 and 46 percent")
    usual = sum(math.comb(48, n) * 2 ** (48 - n) for n in range(10, 23)) / 3**48
    assert (round(10 / 48, 2), round(22 / 48, 2)) == (0.21, 0.46)
    assert usual == pytest.approx(0.95, abs=0.01)


def test_chance_moves_weights_of_three_to_one_as_stated() -> None:
    says("01_routing", "with 48 calls, 97 of 100 runs give `openai` between 62 and 88 percent")
    assert (f"{30 / 48:.0%}", f"{42 / 48:.0%}") == ("62%", "88%")
    usual = sum(math.comb(48, n) * 3**n for n in range(30, 43)) / 4**48
    assert round(usual, 2) == 0.97
