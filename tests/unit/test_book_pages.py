"""The book's pages: links as they are in the book, lessons with the outputs of their run, generated pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import nbformat
import pytest

from gateway_kit.cli import main
from gateway_kit.stack.services.credentials import Credentials
from tools.book import command_line, lessons, sources, variables
from tools.book.errors import BookError
from tools.book.links import relinked
from tools.book.outputs import neutral


@pytest.mark.parametrize(
    ("page", "text", "shown"),
    [
        ("notebooks/01_routing.ipynb", "[a](../docs/glossary.md#alias)", "[a](../glossary.md#alias)"),
        ("notebooks/01_routing.ipynb", "[00](00_start_here.ipynb)", "[00](00_start_here.ipynb)"),
        ("docs/index.md", "![p](../images/jupyterlab.png)", "![p](images/jupyterlab.png)"),
        ("docs/index.md", "[`01`](../notebooks/01_routing.ipynb)", "[`01`](lessons/01_routing.ipynb)"),
        ("docs/index.md", "see [README](../README.md#start).", "see README."),
        ("docs/index.md", "[docs](https://a.example/b.md) and [below](#start)", None),
        ("docs/index.md", "`[a](missing.md)`\n\n```text\n[a](missing.md)\n```\n", None),
    ],
)
def test_a_link_leads_to_the_same_page_in_the_book(page: str, text: str, shown: str | None) -> None:
    assert relinked(text, page) == (text if shown is None else shown)


def test_a_link_to_no_file_ends_the_build_and_one_to_a_generated_page_does_not() -> None:
    with pytest.raises(BookError, match="links missing"):
        relinked("[a](missing.md)", "docs/index.md")
    assert relinked("[a](variables.md)", "docs/index.md", ["variables.md"]) == "[a](variables.md)"


def test_a_page_shows_the_section_of_readme_that_it_asks_for() -> None:
    text = sources.with_readme("<!-- README: Lessons, the table -->", "docs/index.md")
    assert text.startswith("| lesson | minutes |")
    assert text.count("(lessons/") == len(lessons.lessons())
    assert "make lab" in sources.with_readme("<!-- README: Start -->", "docs/index.md")
    with pytest.raises(BookError, match="'Nothing'"):
        sources.with_readme("<!-- README: Nothing -->", "docs/index.md")


def test_outputs_have_the_usual_ports_and_no_folder_of_this_machine() -> None:
    written = "gateway http://127.0.0.1:22000, tracing http://127.0.0.1:21001, other 127.0.0.1:9999"
    shown = neutral(f"{written} in /a/kit/out, pk-lf-0123456789abcdef", 18000, [Path("/a/kit")])
    assert shown == (
        "gateway http://127.0.0.1:4000, tracing http://127.0.0.1:3001, other 127.0.0.1:9999 in kit/out, pk-lf-…"
    )


def test_a_link_to_the_stack_becomes_its_text() -> None:
    html = '<a href="http://127.0.0.1:22001/traces/1" target="_blank">Open <b>it</b></a> <a href="https://a.example">b</a>'
    assert neutral(html, 18000, []) == 'Open <b>it</b> <a href="https://a.example">b</a>'


def notebook(*cells: Any) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def code(name: str, source: str, *outputs: nbformat.NotebookNode, ran: bool = True) -> nbformat.NotebookNode:
    count = 1 if ran else None
    return nbformat.v4.new_code_cell(source, id=name, outputs=list(outputs), execution_count=count)


def printed(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


STORED = notebook(nbformat.v4.new_markdown_cell("# Title\n\nText."), code("a", "x = 1", ran=False))


@pytest.mark.parametrize(
    ("cells", "fits"),
    [
        ([code("a", "x = 1")], True),
        ([code("a", "x = 1"), code("solution", "x = 2", printed("phi3 is cheaper"))], True),
        ([code("a", "x = 2")], False),
        ([code("b", "x = 1")], False),
        ([code("a", "x = 1", ran=False)], False),
        ([code("a", "x = 1", nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]))], False),
    ],
)
def test_a_run_fits_if_it_ran_the_lessons_present_code_without_an_error(
    cells: list[Any], fits: bool, tmp_path: Path
) -> None:
    nbformat.write(notebook(*cells), tmp_path / "run.ipynb")
    assert (lessons.executed(STORED, tmp_path / "run.ipynb") is not None) == fits
    (tmp_path / "run.ipynb").write_text("{")
    assert lessons.executed(STORED, tmp_path / "run.ipynb") is None
    assert lessons.executed(STORED, tmp_path / "missing.ipynb") is None


def test_a_lessons_page_has_the_outputs_of_its_run_unsolved(tmp_path: Path) -> None:
    path = lessons.lessons()[0]
    run = lessons.read(path)
    exercise = next(cell for cell in run.cells if "exercise-00.1" in cell.metadata.get("tags", []))
    for cell in run.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
    html = {"text/html": '<img alt="a chart">', "image/png": "AAAA", "application/x-own+json": {}}
    exercise.outputs = [nbformat.v4.new_output("display_data", html), printed("at http://127.0.0.1:4700")]
    run.cells.append(code("solved", "cheaper = 'phi3'", printed("phi3 is cheaper")))
    run.metadata["gateway_kit"] = {"port_offset": 700}
    run.metadata["papermill"] = {"end_time": "2026-11-30T13:42:28.436475+00:00"}
    nbformat.write(run, tmp_path / path.name)
    pages = {name: json.loads(page) for name, page in lessons.pages(tmp_path)}
    assert list(pages) == [lesson.name for lesson in lessons.lessons()]
    shown = next(cell for cell in pages[path.name]["cells"] if cell["id"] == exercise.id)
    assert shown["outputs"][0]["data"] == {"text/html": ['<img alt="a chart">']}
    assert shown["outputs"][1]["text"] == ["at http://127.0.0.1:4000"]
    text = json.dumps(pages[path.name])
    assert "phi3 is cheaper" not in text
    assert "2026-11-30" in text
    assert "without outputs" not in text
    others = [page for name, page in pages.items() if name != path.name]
    assert all("without outputs" in json.dumps(page) for page in others)
    assert lessons.to_execute(tmp_path) == [lesson.stem for lesson in lessons.lessons()[1:]]


@pytest.mark.parametrize("name", [path.name for path in lessons.lessons()])
def test_a_lessons_page_has_one_title_and_says_how_to_run_it(name: str) -> None:
    page = json.loads(dict(lessons.pages(None))[name])
    lines = [line for cell in page["cells"] if cell["cell_type"] == "markdown" for line in cell["source"]]
    assert [line for line in lines if line.startswith("# ")] == lines[:1]
    first = "".join(page["cells"][0]["source"])
    assert "make lab" in first
    assert "Codespace" in first
    assert f"{{download}}`{name} <../downloads/{name}>`" in first
    assert " minutes.**" in first


def commands(group: click.Group, path: str) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if command.hidden:  # one program of the kit calls it for another
            continue
        found[f"{path} {name}"] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{path} {name}")
    return found


def test_the_command_line_has_every_command_and_option_with_its_meaning() -> None:
    page = command_line.page()
    sections = dict(section.split("\n", 1) for section in page.split("\n## ")[1:])
    every = commands(main, "gateway-kit")
    assert len(every) > 15
    assert set(sections) == set(every)
    for path, command in every.items():
        assert (command.help or "").split("\n")[0] in sections[path]
        for param in command.params:
            if isinstance(param, click.Option) and not param.hidden:
                assert f"`{param.opts[0]}" in sections[path]
                assert (param.help or "").split(" ")[0] in sections[path]
    assert "```text\ngateway-kit load --requests" in sections["gateway-kit load"]
    assert "\b" not in page


def test_the_variables_are_those_of_the_modules_that_read_them() -> None:
    page = variables.page()
    for name in Credentials.__dataclass_fields__:
        assert f"| {name.upper()} " in page
    for name in ("GATEWAY_HOME", "PROVIDERS_URL", "GATEWAY_WORKSHOP", "GEMINI_API_KEY"):
        assert name in page
    with pytest.raises(BookError, match="no table"):
        variables.table(json)
