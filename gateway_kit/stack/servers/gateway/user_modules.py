"""Python modules beside a model configuration, for a gateway that reads a copy of it elsewhere.

LiteLLM loads `my_hooks.handler` from my_hooks.py in the folder of its configuration. In the copy's folder stands a file
of that name which calls `load`. What such a module imports is looked for beside it too, after everything that is
installed: as with LiteLLM's command line, typed in that folder. Nothing is written there, compiled code neither.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any


class _WritesNothing(SourceFileLoader):
    """Loads a file and leaves no `__pycache__` beside it."""

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Keep the compiled code to this process."""


class BesideTheConfiguration(MetaPathFinder):
    """Finds modules in one folder: those that lie in it, or those of the packages in it."""

    def __init__(self, folder: str, *, in_packages: bool) -> None:
        self._folder = folder
        self._in_packages = in_packages

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's specification; None if it is not in the folder."""
        if (path is not None) != self._in_packages:
            return None
        places = [self._folder] if path is None else [p for p in path if p.startswith(f"{self._folder}/")]
        spec = PathFinder.find_spec(name, places, target) if places else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _WritesNothing(spec.loader.name, spec.loader.path)
        return spec


def look_in(folder: str) -> None:
    """Let imports find the modules in `folder`, after everything that is installed."""
    sys.meta_path.append(BesideTheConfiguration(folder, in_packages=False))
    # Ahead of Python's own search of a package's folder, which would write compiled code into it.
    sys.meta_path.insert(0, BesideTheConfiguration(folder, in_packages=True))


def load(name: str, path: str) -> ModuleType:
    """The module at `path`, loaded under `name`, as LiteLLM would have done."""
    spec = importlib.util.spec_from_file_location(name, path, loader=_WritesNothing(name, path))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
