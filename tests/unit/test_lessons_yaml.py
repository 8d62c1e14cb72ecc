"""The YAML that lessons show is a configuration that the gateway would take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from gateway_kit.stack.configuration import check_text
from tests.unit.test_configuration_check import ENV, assert_finding, only
from tests.unit.test_configuration_cost_based import AZURE, BY_COST

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def shown(lesson: str) -> list[str]:
    """The YAML in a lesson's text; a part of `model_list` is put into one."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [f"model_list:\n{block}" if block.lstrip().startswith("- ") else block for block in blocks]


@pytest.mark.parametrize("block", shown("01_routing"))
def test_the_yaml_of_lesson_01_has_no_mistakes(block: str) -> None:
    assert check_text(block, ENV) == []


def test_lesson_01_shows_each_setting_that_it_teaches_where_it_belongs() -> None:
    settings = yaml.safe_load(shown("01_routing")[0])
    weights = [
        model["litellm_params"]["weight"]
        for model in settings["model_list"]
        if model["model_name"] == "smart"
    ]
    assert weights == [3, 1], "the comment says three of four"
    assert {"rpm", "tpm"} <= set(settings["model_list"][0]["litellm_params"])
    assert set(settings["router_settings"]) == {
        "routing_strategy", "model_group_alias", "num_retries", "fallbacks",
        "context_window_fallbacks", "cooldown_time",
    }  # fmt: skip


def test_the_appendix_of_lesson_01_mends_a_missing_price() -> None:
    two = f"{shown('01_routing')[1]}  - model_name: thrifty\n    litellm_params: {AZURE}\n{BY_COST}"
    assert check_text(two, ENV) == []
    without = re.sub(r"^.*base_model.*\n", "", two, flags=re.MULTILINE)
    assert_finding(only(without), 3, "warning", "no-price", "`base_model: gpt-4o-mini`")


def differences(part: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in part.items():
        if isinstance(value, dict):
            found += differences(value, whole.get(name, {}))
        elif name != "database_url" and whole.get(name) != value:  # here DATABASE_URL alone is enough
            found.append(f"{name}: {value}, not {whole.get(name)}")
    return found


@pytest.mark.parametrize(("lesson", "blocks"), [("02_virtual_keys", 2), ("03_simple_caching", 1)])
def test_lessons_02_and_03_show_what_this_stack_is_configured_with(lesson: str, blocks: int) -> None:
    own = yaml.safe_load((files("gateway_kit.stack.configuration") / "templates/offline.yaml").read_text())
    parts = [yaml.safe_load(block) for block in shown(lesson)]
    assert len(parts) == blocks
    assert [text for part in parts for text in differences(part, own)] == []
