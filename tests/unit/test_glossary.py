"""The glossary: each lesson links a term where it first uses it, and each link finds its term."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools.link_glossary import GLOSSARY, anchor, link, missing, prose, terms

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def texts(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in prose(json.loads(path.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_first_use_of_a_term_is_linked_and_each_link_has_its_term(path: Path) -> None:
    unlinked = [term for term, *_ in missing(texts(path))]
    assert unlinked == [], "run: python tools/link_glossary.py"
    linked = re.findall(r"\.\./docs/glossary\.md#([\w-]+)", "\n".join(texts(path)))
    assert linked
    assert set(linked) <= {anchor(term) for term in terms()}


def test_every_term_has_one_short_explanation() -> None:
    entries = re.split(r"^### .+$", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(entries) == len(terms()) == len(set(map(anchor, terms())))
    for entry in entries:
        words = entry.partition("\n## ")[0].split()
        assert 5 <= len(words) <= 60, entry


def notebook(*sources: str) -> dict[str, Any]:
    return {"cells": [{"cell_type": "markdown", "source": [source]} for source in ("# Title", *sources)]}


def test_only_running_text_is_linked_and_only_once() -> None:
    made = notebook(
        "## Fallback\n`fallback` and [a fallback](x)\n| fallback |\nThe fallbacks, a fallback.", "A fallback."
    )
    assert link(made) == ["Fallback"]
    assert "".join(made["cells"][1]["source"]).endswith(
        "The [fallbacks](../docs/glossary.md#fallback), a fallback."
    )
    assert made["cells"][2]["source"] == ["A fallback."]
    assert link(made) == []


def test_a_term_inside_a_longer_one_is_not_a_use_of_it() -> None:
    made = notebook("Context-window fallbacks. Then retries.")
    assert link(made) == ["Context-window fallback", "Retry"]
    assert "[retries](../docs/glossary.md#retry)" in made["cells"][1]["source"][0]
