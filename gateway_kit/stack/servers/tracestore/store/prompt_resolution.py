"""A prompt with the prompts that it refers to in place of the references.

As in Langfuse, references are replaced in the prompt's JSON, so that those in messages count too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from psycopg import AsyncConnection

from gateway_kit.stack.servers.tracestore.store import prompts
from gateway_kit.stack.servers.tracestore.store.prompts import Prompt, Reference

MAX_DEPTH = 5
# Langfuse has no limits on these: with five levels, a few kilobytes could become terabytes.
MAX_FOLLOWED = 500
MAX_RESOLVED_CHARS = 16 * 2**20

Find = Callable[[Reference], Awaitable[Prompt | None]]


class UnresolvedError(Exception):
    """A reference that cannot be followed; the message says which."""


def finder(connection: AsyncConnection) -> Find:
    """Finds the prompts that references name."""

    async def find(reference: Reference) -> Prompt | None:
        return await prompts.find(connection, *reference)

    return find


class Resolution:
    """A prompt with all references replaced, and the graph of what was used."""

    def __init__(self, root: Prompt, find: Find, references: Sequence[Reference] | None = None) -> None:
        """`references` are the root's; None: those that are stored."""
        self._root, self._find = root, find
        self._references = root.references if references is None else references
        self._open: set[str] = set()  # ids from the root to the prompt that is being resolved
        self._followed = 0
        self._found: dict[Reference, Prompt | None] = {}
        self._dependencies: dict[str, list[dict[str, Any]]] = {}

    async def prompt_json(self) -> str:
        """The resolved prompt's JSON. Raises UnresolvedError."""
        return await self._resolved(self._root, 0)

    def graph(self) -> dict[str, Any] | None:
        """Who uses whom, by id; None without references."""
        if not self._dependencies:
            return None
        return {"root": _place(self._root), "dependencies": self._dependencies}

    async def _resolved(self, prompt: Prompt, depth: int) -> str:
        if depth >= MAX_DEPTH:
            raise UnresolvedError(f"Maximum nesting depth exceeded ({MAX_DEPTH})")
        # A prompt must not refer to another version of itself either.
        is_itself = prompt.name == self._root.name and prompt.id != self._root.id
        if prompt.id in self._open or is_itself:
            raise UnresolvedError(
                f"Circular dependency detected involving prompt '{prompt.name}' version {prompt.version}"
            )
        self._open.add(prompt.id)
        text = prompt.prompt
        for reference in prompt.references if depth else self._references:
            child = await self._child(reference)
            self._dependencies.setdefault(prompt.id, []).append(_place(child))
            text = _replaced(text, child, await self._resolved(child, depth + 1))
        self._open.discard(prompt.id)
        return text

    async def _child(self, reference: Reference) -> Prompt:
        self._followed += 1
        if self._followed > MAX_FOLLOWED:
            raise UnresolvedError(f"More than {MAX_FOLLOWED} references have to be followed")
        if reference not in self._found:
            self._found[reference] = await self._find(reference)
        child = self._found[reference]
        which = (
            f"version {_shown(reference.version)}" if reference.label is None else f"label {reference.label}"
        )
        if child is None:
            raise UnresolvedError(f"Prompt dependency not found: {reference.name} - {which}")
        if child.type != "text":
            raise UnresolvedError(f"Prompt dependency is not a text prompt: {reference.name} - {which}")
        return child


def _place(prompt: Prompt) -> dict[str, Any]:
    return {"id": prompt.id, "name": prompt.name, "version": prompt.version}


def _shown(version: float | None) -> str:
    return str(int(version)) if version is not None and version == int(version) else str(version)


def _replaced(text: str, child: Prompt, child_json: str) -> str:
    """The text with the child in place of each reference to it, by its version or any of its labels."""
    inner = child_json[1:-1]  # without the quotes
    for which in (f"version={child.version}", *(f"label={label}" for label in child.labels)):
        tag = f"@@@langfusePrompt:name={child.name}|{which}@@@"
        if len(text) + text.count(tag) * (len(inner) - len(tag)) > MAX_RESOLVED_CHARS:
            raise UnresolvedError(
                f"With its references the prompt is longer than {MAX_RESOLVED_CHARS} characters"
            )
        text = text.replace(tag, inner)
    return text
