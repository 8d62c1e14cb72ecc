"""Each lesson with a gateway of somebody else's: whatever cannot work there says why, and the rest works."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import pytest
from one_kernel import OneKernel
from parts import cells_up_to_connect, code_cells

from gateway_kit import errors
from gateway_kit.lessons.lesson_files import find_lessons
from tests.conftest import FOREIGN

ROOT = Path(__file__).resolve().parents[2]
# These bring gateways of their own, whichever is elsewhere: tests/notebooks/test_lessons.py runs them whole.
BRING_THEIR_OWN = ("08_growing", "09_rehearse")
ALL_LESSONS = {path.stem: path for path in find_lessons(ROOT / "notebooks")}
LESSONS = {name: path for name, path in ALL_LESSONS.items() if name not in BRING_THEIR_OWN}

# Without the master key: how many code cells end with an error. The rest works.
FAILED_CELLS = {"00_start_here": 1, "03_simple_caching": 5}
# Nothing of these can work there, and their first cell says so.
IMPOSSIBLE = {
    "02_virtual_keys": "cannot be worked through without the master key",
    "04_semantic_caching": "cannot be worked through",
    "05_tracing": "cannot be worked through without its Langfuse",
    "06_cost_and_latency": "cannot be worked through without the master key",
    "07_prompts_and_experiments": "cannot be worked through without its Langfuse",
}


def elsewhere(stack_env: Mapping[str, str], home: Path, *names: str) -> dict[str, str]:
    """The environment of a program that knows of a gateway only these variables."""
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**own, "GATEWAY_HOME": str(home / "no-stack"), **{name: stack_env[name] for name in names}}


def failures(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    """(error's name, its text, what the cell printed) of each cell that ended with an error."""
    found = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        printed = "".join(o["text"] for o in outputs if o.output_type == "stream")
        found += [(o["ename"], o["evalue"], printed) for o in outputs if o.output_type == "error"]
    return found


def assert_each_says_why(found: list[tuple[str, str, str]]) -> None:
    for name, text, printed in found:
        if name == "NameError":
            assert re.search(r"` is not there, because In\[\d+\] ended with \w+Error: ", printed), (
                text,
                printed,
            )
        else:
            assert issubclass(getattr(errors, name), errors.KitError), (name, text)
            assert "\n" not in text
            assert re.search(r"[Ss]et (it|LITELLM_MASTER_KEY|PROVIDERS_URL)|[Uu]nset ", text), text


@pytest.fixture(scope="module")
def kernel() -> Iterator[OneKernel]:
    with OneKernel() as made:
        yield made


@pytest.mark.parametrize("name", LESSONS)
def test_with_a_virtual_key_alone(
    kernel: OneKernel, stack_env: dict[str, str], tmp_path: Path, name: str
) -> None:
    env = elsewhere(stack_env, tmp_path, "GATEWAY_URL", "GATEWAY_API_KEY")
    found = failures(kernel.run(LESSONS[name], env, tmp_path))
    assert_each_says_why(found)
    first = nbformat.read(LESSONS[name], as_version=4).cells[0].source
    assert "*With a gateway elsewhere*" in first
    assert IMPOSSIBLE.get(name, "") in first
    if name in FAILED_CELLS:
        assert len(found) <= FAILED_CELLS[name], found


@pytest.mark.parametrize("name", BRING_THEIR_OWN)
def test_a_lesson_that_brings_its_own_gateway_begins_there(
    kernel: OneKernel, stack_env: dict[str, str], tmp_path: Path, name: str
) -> None:
    env = elsewhere(stack_env, tmp_path, "GATEWAY_URL", "GATEWAY_API_KEY")
    notebook = nbformat.read(ALL_LESSONS[name], as_version=4)
    assert "*With a gateway elsewhere*" in notebook.cells[0].source
    # The last cell ends what the first ones started.
    notebook.cells = [*cells_up_to_connect(notebook), code_cells(notebook)[-1]]
    begin = tmp_path / "begin.ipynb"
    nbformat.write(notebook, begin)
    assert failures(kernel.run(begin, env, tmp_path)) == []


def test_with_the_master_key_the_lesson_on_keys_works(
    kernel: OneKernel, stack_env: dict[str, str], tmp_path: Path
) -> None:
    env = elsewhere(stack_env, tmp_path, "GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY")
    found = failures(kernel.run(LESSONS["02_virtual_keys"], env, tmp_path))
    assert_each_says_why(found)
    assert [name for name, _, _ in found] == ["ProvidersError"]  # the journal of section 1


def test_a_fault_for_a_simulator_that_is_not_behind_it_is_refused(
    kernel: OneKernel, stack_env: dict[str, str], tmp_path: Path
) -> None:
    env = elsewhere(stack_env, tmp_path, "GATEWAY_URL", "GATEWAY_API_KEY") | {
        "PROVIDERS_URL": "http://127.0.0.1:1"
    }
    found = failures(kernel.run(LESSONS["00_start_here"], env, tmp_path))
    assert [(name, text.split(" is not ")[0]) for name, text, _ in found] == [
        ("ProvidersError", "The simulator at http://127.0.0.1:1")
    ]
