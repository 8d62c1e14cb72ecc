from __future__ import annotations

import base64
from pathlib import Path

import nbformat

from gateway_kit.lessons.pictures import embed_pictures

PNG = b"\x89PNG\r\n\x1a\nnot quite"


def test_a_picture_is_copied_with_the_executed_lesson(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(PNG)
    text = (
        "Look: ![what it shows](../images/a.png), ![gone](../images/b.png), ![far](https://example.org/c.png)"
    )
    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("'![x](../images/a.png)'")]
    executed = tmp_path / "out.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), executed)

    assert embed_pictures(executed, tmp_path / "notebooks") == 1

    markdown, code = nbformat.read(executed, as_version=4).cells
    assert "![what it shows](attachment:a.png)" in markdown.source
    assert base64.b64decode(markdown.attachments["a.png"]["image/png"]) == PNG
    assert "![gone](../images/b.png)" in markdown.source
    assert "https://example.org/c.png" in markdown.source
    assert code.source == "'![x](../images/a.png)'"
