"""A learner's function as another Python process would run it, where `hash` of a text gives another number."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from types import CellType, FunctionType
from typing import Any


def in_another_process(function: Callable[..., Any], variables: Mapping[str, Any]) -> Callable[..., Any]:
    """The function with the `hash` of another process, in itself and in the notebook's functions that it uses.

    Python salts `hash` of texts in each process. What is to be equal tomorrow, or in a second worker, must not depend
    on it, and in one process nobody notices. `variables` are the notebook's.
    """
    copied: Callable[..., Any] = _Copies(variables).of(function)
    return copied


class _Copies:
    """Copies of a notebook's functions whose builtins have the other `hash`."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._made: dict[int, Any] = {}
        # First of all: a function keeps the builtins that it was made with.
        self._globals = {**variables, "__builtins__": {**vars(builtins), "hash": _other_hash}}
        self._globals.update(
            {name: self.of(value) for name, value in variables.items() if name != "__builtins__"}
        )

    def of(self, value: Any) -> Any:
        if not isinstance(value, FunctionType):
            return value
        if id(value) not in self._made:
            self._made[id(value)] = value  # for a function that refers to itself
            self._made[id(value)] = self._copy(value)
        return self._made[id(value)]

    def _copy(self, function: FunctionType) -> FunctionType:
        own = function.__globals__ is self._variables
        # A decorator's wrapper has the decorated function in its closure.
        cells = [(cell, _content(cell)) for cell in function.__closure__ or ()]
        copies = [self.of(content) for _, content in cells]
        if not own and all(copy is content for copy, (_, content) in zip(copies, cells, strict=True)):
            return function
        closure = tuple(
            cell if copy is content else CellType(copy)
            for copy, (cell, content) in zip(copies, cells, strict=True)
        )
        made = FunctionType(
            function.__code__,
            self._globals if own else function.__globals__,
            function.__name__,
            function.__defaults__,
            closure or None,
        )
        made.__kwdefaults__ = function.__kwdefaults__
        made.__dict__.update(function.__dict__)
        return made


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


def _other_hash(value: Any) -> int:
    """Another process's `hash`: other numbers for texts and what is made of them, the same ones for numbers."""
    if isinstance(value, str | bytes):
        return hash(repr(value) + "in another process")
    if isinstance(value, tuple):
        return hash(tuple(_other_hash(each) for each in value))
    if isinstance(value, frozenset):
        return hash(frozenset(_other_hash(each) for each in value))
    return hash(value)
