"""Numbers that the lessons' text states, held against what the lesson prints with its own parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import nbformat

Holds = Callable[..., bool]

# Lesson → for each sentence: what the text says, where the lesson prints it, and when the sentence is true.
SAID: Mapping[str, Sequence[tuple[str, str, Holds]]] = {
    "06_cost_and_latency": [
        ("less than a third", r"(\d+)% \(all three\)", lambda share: share < 33),
        ("all of them lower the bill", r"(\d+)% \(routing\), (\d+)% \(caching\), (\d+)% \(shorter prompts\)",
         lambda *shares: max(shares) < 100),
        ("orders are now most of the bill", r"of all three (\d+)% is for orders", lambda share: share > 50),
        ("twice as much, four times as many", r"costs ([\d.]+) times as much .* are ([\d.]+) times as",
         lambda more, many: 1.7 < more < 2.3 and 3.7 < many < 4.7),
        ("the questions cost most", r"tag +calls .*\n *(questions) ", lambda name: name == "questions"),
        ("half the prompt saves about three tenths", r"(\d+)% of the day's bill is for reading",
         lambda share: 54 < share < 68),
        ("three times as much per token", r"([\d.]+) USD per million tokens written, while gpt-4o-mini costs ([\d.]+)",
         lambda own, theirs: 2.7 < own / theirs < 3.4),
        ("it costs next to nothing", r"claude-haiku-4-5: ([\d.]+) USD per 1,000 orders, smollm2: ([\d.]+) USD",
         lambda strong, own: own < strong / 100),
        ("a stream costs the same", r"something to read, ([\d.]+) USD\nstreamed: .*, ([\d.]+) USD",
         lambda one, two: one == two),
        ("not quite the same part of the bill", r"calculated: (\d+)% saved; measured: (\d+)%",
         lambda calculated, measured: calculated > measured),
    ],
}  # fmt: skip


def broken(name: str, notebook: nbformat.NotebookNode) -> list[str]:
    """The sentences of an executed lesson that its own numbers do not support, and those whose numbers are gone."""
    printed = "\n".join(
        o["text"] for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "stream"
    )
    found = []
    for sentence, pattern, holds in SAID.get(name, ()):
        numbers = re.search(pattern, printed)
        if numbers is None:
            found.append(f"{sentence}: the lesson does not print {pattern}")
        elif not holds(*map(_number, numbers.groups())):
            found.append(f"{sentence}: the lesson prints {numbers.group(0)!r}")
    return found


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
