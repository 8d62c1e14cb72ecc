"""JupyterLab's files: a lesson in `notebooks/` is shown and never changed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from tornado.web import HTTPError

from gateway_kit.stack.lab_contents import LessonsContents


@pytest.fixture
def contents(tmp_path: Path) -> LessonsContents:
    for folder in ("notebooks", "my_lessons"):
        (tmp_path / folder).mkdir()
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / folder / "00_start_here.ipynb")
    (tmp_path / "linked").symlink_to(tmp_path / "notebooks")
    return LessonsContents(root_dir=str(tmp_path), delete_to_trash=False)


@pytest.mark.parametrize(
    "path",
    ["notebooks/00_start_here.ipynb", "/notebooks/00_start_here.ipynb", "notebooks//00_start_here.ipynb",
     "linked/00_start_here.ipynb"],
)  # fmt: skip
async def test_a_lesson_is_read_only(contents: LessonsContents, path: str, tmp_path: Path) -> None:
    before = (tmp_path / "notebooks" / "00_start_here.ipynb").read_bytes()
    model = await contents.get(path)
    assert not model["writable"]
    for change in (
        contents.save(model, path),
        contents.save({**model, "chunk": 1}, path),
        contents.rename_file(path, "elsewhere.ipynb"),
        contents.delete_file(path),
    ):
        with pytest.raises(HTTPError) as refused:
            await change
        assert refused.value.status_code == 403
        assert "Work in your copy: my_lessons/00_start_here.ipynb" in str(refused.value.log_message)
    assert (tmp_path / "notebooks" / "00_start_here.ipynb").read_bytes() == before


async def test_the_lessons_folder_stays(contents: LessonsContents, tmp_path: Path) -> None:
    for change in (contents.rename_file("notebooks", "other"), contents.delete_file("notebooks")):
        with pytest.raises(HTTPError):
            await change
    assert (tmp_path / "notebooks").is_dir()


async def test_copies_and_other_notebooks_can_be_saved(contents: LessonsContents) -> None:
    for path in ("my_lessons/00_start_here.ipynb", "notebooks/Untitled.ipynb"):
        model = {"type": "notebook", "format": "json", "content": nbformat.v4.new_notebook()}
        assert (await contents.save(model, path))["writable"]
