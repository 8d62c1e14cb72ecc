"""The runner on small notebooks, executed by the real papermill: no failure may pass as a success."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import psutil
import pytest

from gateway_kit.errors import LessonError
from gateway_kit.lessons import runner as notebooks
from gateway_kit.lessons import solutions
from gateway_kit.lessons.lesson_files import find_lessons
from gateway_kit.lessons.runner import LessonRun, run_lesson


def write(folder: Path, *cells: str | tuple[str, str], name: str = "07_trial") -> Path:
    """A lesson made of code cells; a cell given as (tag, code) gets that tag."""
    notebook = nbformat.v4.new_notebook()
    for cell in cells:
        tag, code = cell if isinstance(cell, tuple) else ("", cell)
        made = nbformat.v4.new_code_cell(code)
        if tag:
            made.metadata["tags"] = [tag]
        notebook.cells.append(made)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def run(tmp_path: Path, *cells: str | tuple[str, str], solved: bool = False, **limits: float) -> LessonRun:
    return run_lesson(write(tmp_path, *cells), tmp_path / "out", solutions=solved, **limits)  # type: ignore[arg-type]


def test_a_lesson_that_runs_passes_and_is_saved_with_its_outputs(tmp_path: Path):
    seen: list[tuple[int, int]] = []
    lesson = write(tmp_path, "import time; time.sleep(1.2); print('first')", "print(40 + 2)")
    done = run_lesson(lesson, tmp_path / "out", notify=lambda *cells: seen.append(cells))
    assert done.passed, done.failure
    assert done.name == "07_trial"
    assert done.executed == tmp_path / "out" / "07_trial.ipynb"
    assert nbformat.read(done.executed, as_version=4).cells[1].outputs[0].text == "42\n"
    assert (0, 2) in seen
    assert nbformat.read(lesson, as_version=4).cells[1].outputs == []  # the lesson itself stays as it was


def test_an_error_is_named_with_its_cell(tmp_path: Path):
    # A workshop that was joined is not told of lessons that nobody solved.
    begin = "import os; assert os.environ['GATEWAY_REPORTS'] == 'off'"
    done = run(tmp_path, begin, "raise ValueError('of the second cell')", "print('never')")
    assert done.failure == "cell 2: ValueError: of the second cell"
    assert not done.passed


def test_an_error_of_the_kit_is_a_failure_too(tmp_path: Path):
    done = run(
        tmp_path, "from gateway_kit import KitError", "raise KitError('It is broken')", "print('never')"
    )
    assert done.failure == "cell 2: KitError: It is broken"


HIDDEN = """
import ipywidgets as widgets
from IPython.display import display
area = widgets.Output()
display(area)
with area:
    raise KeyError("behind a widget")
"""


PANEL = """
import pandas as pd
from gateway_kit.widgets import LiveDashboard
calls = pd.DataFrame({"started": pd.to_datetime(["2026-01-01"], utc=True), "failed": False, "cache_hit": False,
                      "model": "<m>", "latency_s": 1.0, "cost_usd": 0.5, "saved_usd": 0.0})
dash = LiveDashboard(calls, by=BY)
dash
"""


def test_an_error_that_a_panel_shows_is_found_and_a_panel_without_one_is_none(tmp_path: Path):
    done = run(tmp_path, PANEL.replace("BY", "'model'"), PANEL.replace("BY", "'tag'"))
    # The first panel's error, had it one, would be the one that is named.
    assert done.failure.startswith("hidden in a widget: ValueError: ")
    assert "needs the column tags" in done.failure


def test_an_error_hidden_in_a_widget_is_found(tmp_path: Path):
    # A cell with an Output widget sometimes hangs in papermill until its timeout, and then passes.
    done = run(tmp_path, HIDDEN, "print('papermill goes on')", cell_timeout_s=20)
    assert done.failure == "hidden in a widget: KeyError: 'behind a widget'"


def test_a_cell_that_takes_too_long_is_named(tmp_path: Path):
    done = run(tmp_path, "1", "import time; time.sleep(600)", cell_timeout_s=2)
    assert done.failure == "cell 2 did not end within its 2 s"


def test_patience_gives_a_cell_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_PATIENCE", "2")
    done = run(tmp_path, "1", "import time; time.sleep(600)", cell_timeout_s=1)
    assert done.failure == "cell 2 did not end within its 2 s"


def test_a_hanging_lesson_is_stopped_with_its_kernel(tmp_path: Path):
    code = "import os, time; open('kernel-pid', 'w').write(str(os.getpid())); time.sleep(600)"
    begun = tmp_path / "out" / "kernel-pid"
    limits = iter((4, 8, 16, 32, 64, 128))
    while not begun.exists() or not begun.read_text():  # a busy machine needs longer until the cell begins
        limit_s = next(limits)
        done = run(tmp_path, "1", code, cell_timeout_s=500, lesson_timeout_s=limit_s)
    assert done.failure == f"did not end within {limit_s} s; it stopped after cell 1 of 2"
    kernel = int(begun.read_text())
    # It was told to exit before the run returned, which may take a while on a busy machine.
    deadline = time.monotonic() + 60
    while alive(kernel) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(kernel)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_dying_kernel_fails_its_cell(tmp_path: Path, end: str):
    done = run(tmp_path, "import os", "1 + 1", end, "print('never')")
    assert done.failure.startswith("cell 3: its kernel died")


def test_a_module_that_hides_a_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In the executed lesson's folder; files in the current folder and in PYTHONPATH hide nothing."""
    for folder in ("typed-here", "in-pythonpath"):
        (tmp_path / folder).mkdir()
        for name in ("nbformat", "click", "openai"):
            (tmp_path / folder / f"{name}.py").write_text("raise RuntimeError('hidden')")
    monkeypatch.chdir(tmp_path / "typed-here")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "in-pythonpath"))
    assert run(tmp_path, "import nbformat, click, openai").passed
    (tmp_path / "out" / "openai.py").write_text("")
    done = run(tmp_path, "import gateway_kit.gateway")
    assert done.failure.startswith("cell 1: ShadowedPackageError: ")
    assert f"{tmp_path}/out/openai.py hides the package 'openai'" in done.failure
    (tmp_path / "out" / "openai.py").unlink()
    (tmp_path / "out" / "litellm.py").write_text("")
    done = run(tmp_path, "import litellm; litellm.completion")
    assert f"{tmp_path}/out/litellm.py hides the module litellm" in done.failure


CHECK = (
    "from gateway_kit.lessons.exercise import Exercise, Criterion, run_check\n"
    "run_check(Exercise('07.1', lambda v: [Criterion('it is 3', v.get('answer') == 3)], ()), globals())"
)


@pytest.fixture
def solved_as(monkeypatch: pytest.MonkeyPatch):
    def give(code: str) -> None:
        monkeypatch.setattr(solutions, "solved_code", lambda name: code)

    return give


def test_an_exercise_is_open_then_solved_and_must_pass(tmp_path: Path, solved_as):
    solved_as("answer = 3")
    cells = (("exercise-07.1", "answer = None"), CHECK, "'at the end', answer")
    unsolved = run(tmp_path, *cells)
    assert unsolved.passed  # a learner's unsolved exercise is no broken lesson
    assert unsolved.checks == unsolved.first_checks == {"07.1": False}
    done = run(tmp_path, *cells, solved=True)
    assert done.passed, done.failure
    assert done.first_checks == {"07.1": False}
    assert done.checks == {"07.1": True}
    executed = nbformat.read(done.executed, as_version=4)
    assert executed.cells[-1].outputs[0]["data"]["text/plain"] == "('at the end', 3)"


def test_a_wrong_solution_and_an_unchecked_one_fail(tmp_path: Path, solved_as):
    solved_as("answer = 4")
    cells = (("exercise-07.1", "answer = None"), ("exercise-07.2", "answer = None"), CHECK)
    done = run(tmp_path, *cells, solved=True)
    assert done.failure.startswith("the solution of 07.1, 07.2 does not pass")


def test_solutions_come_after_the_last_exercise_and_do_not_change_the_lesson(solved_as):
    solved_as("# solved")
    notebook = nbformat.v4.new_notebook()
    one, two = ["exercise-07.1"], ["exercise-07.2"]
    own = (
        ("a", []),
        ("b", one),
        ("check b", []),
        ("c", ["hide-input"]),
        ("d", two),
        ("check d", []),
        ("e", []),
    )
    for code, tags in own:
        notebook.cells.append(nbformat.v4.new_code_cell(code, metadata={"tags": tags}))
        notebook.cells.append(nbformat.v4.new_markdown_cell("prose"))
    assert solutions.inject_solutions(notebook) == ["07.1", "07.2"]
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    solved = ["# solved", "check b", "# solved", "check d"]
    assert code == ["a", "b", "check b", "c", "d", "check d", *solved, "e"]
    notebook.cells.append(nbformat.v4.new_code_cell("f", metadata={"tags": one}))
    with pytest.raises(LessonError, match=r"two cells are tagged exercise-07\.1"):
        solutions.inject_solutions(notebook)


def test_an_exercise_without_a_solution_is_named():
    with pytest.raises(LessonError, match=r"there is no solution for exercise 99\.9"):
        solutions.solved_code("99.9")


def test_lessons_are_found_in_order_and_by_number_or_name(tmp_path: Path):
    for name in ("01_b", "00_a", "10_c", "notes"):
        write(tmp_path, "1", name=name)

    def found(*names: str) -> list[str]:
        return [path.stem for path in find_lessons(tmp_path, names)]

    assert found() == ["00_a", "01_b", "10_c"]
    assert found("10", "00_a") == ["00_a", "10_c"]
    assert found("notebooks/01_b.ipynb") == ["01_b"]
    with pytest.raises(LessonError, match=r"No lesson 11 in .*there are: 00_a, 01_b, 10_c"):
        found("01", "11")
    with pytest.raises(LessonError, match="No lesson at all"):
        find_lessons(tmp_path / "none")


def test_the_limits_are_short_enough_to_notice_a_hang():
    assert notebooks.CELL_TIMEOUT_S < notebooks.LESSON_TIMEOUT_S <= 600
