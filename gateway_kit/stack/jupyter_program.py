"""Run one of Jupyter's programs as `python -m` would, without the slowest part of its start.

    python -Pm gateway_kit.stack.jupyter_program papermill in.ipynb out.ipynb

`jsonschema`, by which notebooks are checked, imports `rfc3987_syntax` where it is installed. That builds a grammar of
international addresses, which is more than half of papermill's start, and no schema of a notebook has any.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from typing import Any

_GRAMMAR = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import `jsonschema` without the grammar, unless either is there already; others may still import that."""
    if _GRAMMAR in sys.modules:
        return
    modules: dict[str, Any] = sys.modules
    modules[_GRAMMAR] = None  # the import system's sign of a module that is not there
    try:
        importlib.import_module("jsonschema")
    finally:
        del modules[_GRAMMAR]


if __name__ == "__main__":
    import_jsonschema()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
