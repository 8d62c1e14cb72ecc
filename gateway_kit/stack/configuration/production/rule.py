"""A rule of the check for production: data, and the function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from gateway_kit.stack.configuration.findings import Level
from gateway_kit.stack.configuration.production.mends import Path, Step
from gateway_kit.stack.configuration.production.subject import Subject

# LiteLLM's production page, and the folder it lies in.
DOCS = "https://docs.litellm.ai/docs/proxy"
PAGE = f"{DOCS}/prod"


@dataclass(frozen=True)
class Hit:
    """One place where a rule is broken: why that matters, and what mends it."""

    node: yaml.Node
    message: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Rule:
    """A rule. `reads` are the names in LiteLLM's source that it relies on."""

    code: str
    level: Level
    source: str
    find: Callable[[Subject], Iterator[Hit]]
    reads: tuple[str, ...] = ()


def must_be_on(
    *path: str, why: str, variable: str | None = None, elsewhere: Callable[[Subject], bool] | None = None
) -> Callable[[Subject], Iterator[Hit]]:
    """Finds a switch that is off or missing, unless a variable has the same effect."""

    def find(subject: Subject) -> Iterator[Hit]:
        if subject.is_on(*path) or (elsewhere is not None and elsewhere(subject)):
            return
        if variable is not None and subject.variables.is_on(variable):
            return
        yield Hit(subject.place(*path), why, (subject.write(*path, value=True),))

    return find


def must_be_off(*path: str, why: str) -> Callable[[Subject], Iterator[Hit]]:
    """Finds a switch that is on."""

    def find(subject: Subject) -> Iterator[Hit]:
        if subject.is_on(*path):
            yield Hit(subject.place(*path), why, (subject.write(*path, value=False),))

    return find


def must_be_given(path: Path, value: object, why: str) -> Callable[[Subject], Iterator[Hit]]:
    """Finds a setting that is missing; `value` is what a finding proposes."""
    keys = tuple(str(key) for key in path)

    def find(subject: Subject) -> Iterator[Hit]:
        if subject.given(*keys) is None:
            yield Hit(subject.place(*keys), why, (subject.write(*keys, value=value),))

    return find
