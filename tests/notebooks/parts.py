"""Parts of a lesson as notebooks of their own: twice in one kernel, one section after a restart, no clean-up."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

# Each lesson's second set of parameters: other values that a reader might choose, and the lesson must survive.
SECOND: Mapping[str, Mapping[str, Any]] = {
    "00_start_here": {
        "question": "What is a virtual key?",
        "models": ["phi3", "gpt-5-nano", "gpt-4o-mini"],
    },
    "01_routing": {
        "question": "Explain rate limits",
        "models": ["gemini-pro", "azure-gpt-4o-mini"],
        "calls_per_run": 7,
        "retry_after_s": 1,
    },
    "02_virtual_keys": {
        "question": "Explain rate limits",
        "model": "bedrock-nova-micro",
        "small_model": "gpt-5-nano",
        "other_model": "smollm2",
        "burst": 4,
        "clients": 3,
        "budget_usd": 0.00002,
    },
    "03_simple_caching": {
        "question": "Explain rate limits",
        "model": "bedrock-nova-micro",
        "alias": "gpt-5-nano",
        "other_model": "phi3",
        "repeats": 1,
        "ttl_s": 1,
        "calls": 7,
    },
    "04_semantic_caching": {
        "question": "Who wrote Hamlet?",
        "wordings": ["Who was Hamlet written by?", "What is 2 * 21?"],
        "call_usd": 0.0,
        "wrong_usd": 50.0,
    },
    "05_tracing": {
        "question": "What is an embedding?",
        "model": "bedrock-nova-micro",
        "review_model": "gpt-4o-mini",
        "other_questions": ["How do I reset my password?"],
        "was_helpful": False,
    },
    "06_cost_and_latency": {
        "small_model": "bedrock-nova-micro",
        "story_model": "gpt-5-nano",
        "own_model": "smollm2",
        "calls": 24,
        "seed": 11,
        "calls_per_day": 500,
        "machine_usd_per_h": 2.5,
    },
    "07_prompts_and_experiments": {
        "model": "bedrock-nova-micro",
        "judge_model": "azure-gpt-4o-mini",
        "per_kind": 3,
    },
    "08_growing": {
        "replicas": 3,
        "limit": 4,
        "calls_per_s": 8,
        "users": [1, 6],
        "wanted_per_s": 40,
    },
    "09_rehearse": {
        "calls": 60,
        "seed": 4,
        "speed": 7200,
    },
}

# What a lesson's text suggests to change in a section: (lesson, section, what stands there, what replaces it).
SUGGESTED: Sequence[tuple[str, str, str, str]] = [
    ("00_start_here", "Step 5: a model of your own", "Where does the sun rise?", "What is 17 times 23?"),
    (
        "01_routing",
        "8. Cooldown: a timed outage",
        'failure = {"kind": "rate_limit", "retry_after_s": retry_after_s}',
        'failure = {"kind": "server_error"}',
    ),
]


def changed(lesson: Path, heading: str, old: str, new: str) -> nbformat.NotebookNode:
    """A section after a restart, with the reader's change."""
    part = sections(lesson)[heading]
    (cell,) = [cell for cell in part.cells if old in cell.source]
    cell.source = cell.source.replace(old, new)
    return part


def twice(lesson: Path) -> nbformat.NotebookNode:
    """The lesson, and all of it again in the same kernel, with the second set of parameters."""
    notebook = nbformat.read(lesson, as_version=4)
    first = code_cells(notebook)
    again = [second_parameters(lesson) if is_parameters(cell) else copied(cell) for cell in first]
    notebook.cells = [*first, *again]
    return notebook


def without_clean_up(lesson: Path) -> nbformat.NotebookNode:
    """The lesson without its last code cell, which removes what the lesson made: a reader may skip it."""
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells.remove(code_cells(notebook)[-1])
    return notebook


def sections(lesson: Path) -> dict[str, nbformat.NotebookNode]:
    """Each section of the lesson after a restart: its heading → the set-up cells and the section's own cells."""
    notebook = nbformat.read(lesson, as_version=4)
    set_up = cells_up_to_connect(notebook)
    parts: dict[str, nbformat.NotebookNode] = {}
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for found in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                heading = found
        elif heading and cell not in set_up:
            part = parts.setdefault(heading, nbformat.v4.new_notebook(metadata=notebook.metadata))
            if not part.cells:
                part.cells = [copied(each) for each in set_up]
            part.cells.append(copied(cell))
    return parts


def cells_up_to_connect(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    cells = code_cells(notebook)
    connecting = next(number for number, cell in enumerate(cells) if "= connect(" in cell.source)
    return cells[: connecting + 1]


def second_parameters(lesson: Path) -> nbformat.NotebookNode:
    values = SECOND[lesson.stem]
    return nbformat.v4.new_code_cell("\n".join(f"{name} = {value!r}" for name, value in values.items()))


def is_parameters(cell: nbformat.NotebookNode) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def copied(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same cell under an id of its own, since a notebook may not have an id twice."""
    fresh = nbformat.v4.new_code_cell(cell.source, metadata=copy.deepcopy(cell.metadata))
    return fresh
