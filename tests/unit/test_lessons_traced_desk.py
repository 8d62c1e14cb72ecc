"""The help desk of lesson 05: the same functions in the notebook and in the kit, and its visits."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml

from gateway_kit.lessons import traced_desk
from gateway_kit.lessons.traced_desk import HelpDesk
from gateway_kit.stack.configuration.offline import TEMPLATES

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "05_tracing.ipynb"


def cells(kind: str) -> list[str]:
    return [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == kind]


def functions(source: str) -> dict[str, str]:
    """Name → code of the application's functions, without annotations."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name in ("in_trace", "find_note", "help_desk"):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
            found[node.name] = ast.unparse(node)
    return found


def test_the_kits_application_is_the_one_that_the_lesson_shows() -> None:
    shown = next(source for source in cells("code") if "def find_note" in source)
    kept = functions(textwrap.dedent(inspect.getsource(traced_desk.application)))
    assert functions(shown) == kept
    assert len(kept) == 3
    assigned = ast.parse(shown).body[0]
    assert isinstance(assigned, ast.Assign)
    assert ast.literal_eval(assigned.value) == traced_desk.HANDBOOK


def test_the_callbacks_in_the_lesson_are_those_of_the_gateways_configuration() -> None:
    shown = [text.split("```yaml\n")[1].split("```")[0] for text in cells("markdown") if "```yaml\n" in text]
    assert len(shown) == 1
    template = yaml.safe_load((TEMPLATES / "offline.yaml").read_text(encoding="utf-8"))["litellm_settings"]
    callbacks = yaml.safe_load(shown[0])["litellm_settings"]
    assert callbacks == {name: template[name] for name in callbacks}
    assert {"success_callback", "failure_callback"} <= set(callbacks)


class Gateway:
    """A gateway that lists two deployments; its trace store has every visit."""

    def __init__(self) -> None:
        self.tracing = self.models = self.client = self
        self.waited: list[str] = []
        self.made = 0

    def list(self) -> pd.DataFrame:
        rows = {"model": ["nova", "mini"], "provider_model": ["converse/us.nova-v1:0", "gpt-4o-mini"]}
        return pd.DataFrame(rows)

    def create_trace_id(self) -> str:
        self.made += 1
        return f"t{self.made}"

    def wait_for_trace(self, trace_id: str, *, observations: int) -> None:
        assert observations == 5
        self.waited.append(trace_id)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def desk_of(gateway: Any, model: str = "mini") -> tuple[HelpDesk, list[tuple[str, str]]]:
    desk, asked = HelpDesk(gateway, model, "mini"), []

    def answer(question: str, *, langfuse_trace_id: str) -> str:
        asked.append((langfuse_trace_id, question))
        return "an answer"

    desk.answer = answer
    return desk, asked


def test_a_days_visits_are_made_once_and_traced_before_they_are_returned(gateway: Gateway) -> None:
    desk, asked = desk_of(gateway)
    visitors = [("ann", "one"), ("ben", "two"), ("ann", "one")]
    day = desk.day(visitors)
    assert day == {"t1": "one", "t2": "two", "t3": "one"}
    assert asked == list(day.items())
    assert gateway.waited == ["t1", "t2", "t3"]
    day.clear()
    assert desk.day(visitors) == {"t1": "one", "t2": "two", "t3": "one"}
    assert len(asked) == 3
    assert desk.day([("eva", "three")]) == {"t4": "three"}
    assert desk.visit("eva", "four", trace_id="mine") == "mine"


def test_each_desk_has_a_tag_of_its_own(gateway: Gateway) -> None:
    assert desk_of(gateway)[0].tag != desk_of(gateway)[0].tag


def test_the_drafts_model_is_named_as_the_provider_knows_it(gateway: Gateway) -> None:
    assert desk_of(gateway, "nova")[0].provider_model == "us.nova-v1:0"
    assert desk_of(gateway, "mini")[0].provider_model == "gpt-4o-mini"
