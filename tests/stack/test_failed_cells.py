"""A cell that lacks a name says which failed cell should have set it, and why that failed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.stack.notebook_kernel import Notebook, kernel

FAILS = "from gateway_kit import KitError, connect\nbroken = connect(url='http://127.0.0.1:1', api_key='x')"
AND_SETS = """
later, (pair, *rest) = 1, (2, 3)
import colorsys as colours
def tool():
    inside = 1
class Kind: pass"""


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    with kernel() as made:
        made.error(FAILS + AND_SETS)
        yield made


@pytest.mark.parametrize("name", ["broken", "later", "pair", "rest", "colours", "tool", "Kind"])
def test_a_name_of_a_failed_cell_is_explained(notebook: Notebook, name: str) -> None:
    shown = notebook.error(f"print({name})")
    assert shown["ename"] == "NameError"
    reason = r"because In\[1\] ended with GatewayUnreachableError: No gateway answers at http://127.0.0.1:1"
    assert re.match(f"`{name}` is not there, {reason}", shown["printed"])
    assert shown["printed"].count("\n") == 1


def test_what_follows_from_it_is_explained_by_the_first_failure(notebook: Notebook) -> None:
    notebook.error("third = later + 1")
    assert "because In[1] ended with GatewayUnreachableError" in notebook.error("third")["printed"]


@pytest.mark.parametrize("name", ["inside", "never_set"])
def test_other_names_are_not_explained(notebook: Notebook, name: str) -> None:
    assert notebook.error(name)["printed"] == ""


def test_a_cell_that_works_in_the_end_is_forgotten(notebook: Notebook) -> None:
    notebook.error("fixed = 1 / 0")
    assert "ZeroDivisionError: division by zero" in notebook.error("fixed")["printed"]
    notebook.run("fixed = 1")
    notebook.run("del fixed")
    assert notebook.error("fixed")["printed"] == ""


def test_a_name_that_was_set_before_the_failure_is_there(notebook: Notebook) -> None:
    notebook.error("early = 1\nraise KitError('after it')")
    notebook.run("assert early == 1")


@pytest.mark.parametrize("cell", ["x = (", "%nomagic", "!false", "  x = 1\n y = 2", "%%nothing\nx"])
def test_cells_that_are_no_python_do_no_harm(notebook: Notebook, cell: str) -> None:
    notebook.error(cell)
    assert notebook.error("1 / 0")["ename"] == "ZeroDivisionError"


def test_connecting_twice_explains_once(notebook: Notebook) -> None:
    notebook.error(FAILS)
    assert notebook.error("broken")["printed"].count("is not there") == 1


def test_outside_of_ipython_nothing_is_imported() -> None:
    call = "from gateway_kit.common.failed_cells import explain_missing_names as explain; explain()"
    code = f"{call}; import sys; print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
