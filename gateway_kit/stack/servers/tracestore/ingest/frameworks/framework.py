"""What one instrumentation can override when its spans are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Attributes = Mapping[str, Any]
Pair = tuple[Any, Any]  # input and output; None if there is none
Parameters = dict[str, Any]


def _nothing(_: Attributes) -> None:
    return None


def _as_sent(_: Attributes, sent: Parameters | None) -> Parameters | None:
    return sent


@dataclass(frozen=True, slots=True)
class Framework:
    """How spans of one instrumentation, known by the name of its scope, are read; defaults apply to the rest."""

    # None: the messages are looked up as in any span.
    messages: Callable[[Attributes], Pair | None] = _nothing
    # Tried after the attributes of other instrumentations, before those with numbers in their names.
    late_messages: Callable[[Attributes], Pair | None] = _nothing
    usage: Callable[[Attributes], dict[str, Any] | None] = _nothing
    # Called with the parameters from Langfuse's own attribute.
    parameters: Callable[[Attributes, Parameters | None], Parameters | None] = _as_sent
    types: Mapping[str, str] = field(default_factory=dict)  # by the name of the span
    debug: frozenset[str] = frozenset()  # names of spans with the level DEBUG


def first_pair(attributes: Attributes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Pair | None:
    """The first input and the first output that are not empty; None without either."""
    input_ = next((value for key in inputs if (value := attributes.get(key))), None)
    output = next((value for key in outputs if (value := attributes.get(key))), None)
    return (input_, output) if input_ or output else None
