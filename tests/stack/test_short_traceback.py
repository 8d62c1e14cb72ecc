"""How a notebook shows an error of the kit: the sentence, the reader's own lines, and nothing of the kit's inside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.stack.notebook_kernel import Notebook, kernel

SET_UP = """
from gateway_kit import KitError, connect
import asyncio, contextlib

def broken():
    try:
        {}["x"]
    except KeyError as exc:
        raise KitError("It is broken. Run: mend") from exc
"""
LAST = "For the whole traceback, run: %tb"


@pytest.fixture(scope="module")
def notebook(stack_env: dict[str, str]) -> Iterator[Notebook]:
    with kernel({**os.environ, **stack_env}) as made:
        made.run(SET_UP)
        yield made


def places(lines: list[str]) -> list[str]:
    """The lines that show where: `Cell In[…]` without its number, and code."""
    return [re.sub(r"In\[\d+\]", "In[n]", line) for line in lines if line.startswith(("Cell", "---->"))]


def test_an_unknown_model_is_a_sentence_and_the_line_that_asked(notebook: Notebook) -> None:
    notebook.run("gateway = connect()")
    shown = notebook.error("question = 'hi'\ngateway.ask(question, 'no-such-model')")
    lines = shown["traceback"]
    assert shown["ename"] == "ModelNotFoundError"
    assert lines[0] == f"ModelNotFoundError: {shown['evalue'].splitlines()[0]}"
    assert "no-such-model" in lines[0]
    assert places(lines) == ["Cell In[n], line 2", "----> 2 gateway.ask(question, 'no-such-model')"]
    assert lines[-1] == LAST
    assert len(lines) <= 6


def test_the_cause_is_one_line(notebook: Notebook) -> None:
    lines = notebook.error("broken()")["traceback"]
    assert lines[:2] == ["KitError: It is broken. Run: mend", "Cause: KeyError: 'x'"]
    assert places(lines)[:2] == ["Cell In[n], line 1", "----> 1 broken()"]
    assert "Cell In[1], line 8, in broken" in lines  # a function of the reader's own


def test_a_long_cause_is_cut_and_a_repeated_one_left_out(notebook: Notebook) -> None:
    lines = notebook.error(
        "try:\n    raise ValueError('y' * 999)\nexcept ValueError as e:\n    raise KitError('z') from e"
    )
    assert re.fullmatch("Cause: ValueError: y{240}…", lines["traceback"][1])
    lines = notebook.error(
        "try:\n    raise ValueError('y')\nexcept ValueError as e:\n    raise KitError('z (y)') from e"
    )
    assert lines["traceback"][1].startswith("Cell")


def test_a_call_on_several_lines_is_shown_whole(notebook: Notebook) -> None:
    lines = notebook.error("x = 1\nsum([\n    1,\n    broken(\n    ),\n])")["traceback"]
    assert "Cell In[" in lines[2]
    assert lines[3:5] == ["----> 4     broken(", "      5     ),"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("with contextlib.suppress(ValueError):\n    broken()", "----> 2     broken()"),
        (
            "async def later():\n    await asyncio.sleep(0)\n    broken()\nawait later()",
            "----> 4 await later()",
        ),
        ("async with contextlib.AsyncExitStack():\n    broken()", "----> 2     broken()"),
        ("for n in range(3):\n    broken()", "----> 2     broken()"),
    ],
)
def test_blocks_and_async_cells_show_the_call(notebook: Notebook, code: str, line: str) -> None:
    lines = notebook.error(code)["traceback"]
    assert lines[0] == "KitError: It is broken. Run: mend"
    assert line in lines
    assert not any("Traceback" in part for part in lines[:-1])


def test_the_magic_shows_the_whole(notebook: Notebook) -> None:
    notebook.error("broken()")
    whole = "\n".join(notebook.error("%tb")["traceback"])
    assert "Traceback (most recent call last)" in whole
    assert "The above exception was the direct cause" in whole
    assert "KeyError" in whole
    assert LAST not in whole


def test_a_chosen_mode_is_respected(notebook: Notebook) -> None:
    notebook.run("%xmode Plain")
    try:
        assert LAST not in notebook.error("broken()")["traceback"]
    finally:
        notebook.run("%xmode Context")


def test_the_readers_own_error_from_the_kits_shows_both_whole(notebook: Notebook) -> None:
    code = "try:\n    broken()\nexcept KitError as e:\n    raise ValueError('mine') from e"
    whole = "\n".join(notebook.error(code)["traceback"])
    assert whole.count("Traceback (most recent call last)") == 3
    assert "KitError: It is broken. Run: mend" in whole


def test_outside_of_a_notebook_nothing_changes() -> None:

    code = "import sys; from gateway_kit import KitError\nassert 'IPython' not in sys.modules\nraise KitError('plain')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert done.stderr.splitlines()[-1] == "gateway_kit.errors.KitError: plain"
