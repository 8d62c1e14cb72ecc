"""A learner's function as another process would run it: only what depends on the hash of a text differs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from gateway_kit.lessons.another_process import in_another_process

DECORATED = """
import functools
def decorated(function):
    @functools.wraps(function)
    def inner(*given, **named):
        return function(*given, **named)
    return inner
"""

CASES = {
    "itself": ("def f(text): return hash(text)", False),
    "a tuple": ("def f(text): return hash((1, text))", False),
    "a frozenset": ("def f(text): return hash(frozenset([text]))", False),
    "a function of the notebook's": ("def g(text): return hash(text)\ndef f(text): return g(text)", False),
    "decorated": (DECORATED + "@decorated\ndef f(text): return hash(text)", False),
    "a number": ("def f(text): return hash(len(text))", True),
    "a digest": (
        "import hashlib\ndef f(text): return hashlib.sha256(text.encode()).hexdigest()",
        True,
    ),
    "recursive": ("def f(text, *, n=3): return text if n == 0 else f(text[1:], n=n - 1)", True),
    "no function": ("f = str.upper", True),
}


@pytest.mark.parametrize("name", CASES)
def test_only_what_depends_on_the_hash_of_a_text_differs_there(name: str) -> None:
    code, same = CASES[name]
    notebook: dict[str, Any] = {}
    exec(code, notebook)
    there = in_another_process(notebook["f"], notebook)
    assert (there("yards") == notebook["f"]("yards")) is same
    assert there("yards") == there("yards")


def test_another_process_really_differs() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", "print(hash('yards'))"],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 2
