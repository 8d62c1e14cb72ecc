"""What may be read in a way of its own from the spans of one instrumentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Attributes = Mapping[str, Any]
Pair = tuple[Any, Any]  # input and output, None where there is none
Parameters = dict[str, Any]


def _nothing(_: Attributes) -> None:
    return None


def _as_sent(_: Attributes, sent: Parameters | None) -> Parameters | None:
    return sent


@dataclass(frozen=True, slots=True)
class Framework:
    """An instrumentation that is known by the name of its scope. What it does not say is read as everybody's."""

    # None: looked for as in any span.
    messages: Callable[[Attributes], Pair | None] = _nothing
    # Looked for after what others use, before the attributes with numbers.
    late_messages: Callable[[Attributes], Pair | None] = _nothing
    usage: Callable[[Attributes], dict[str, Any] | None] = _nothing
    # Given the parameters that Langfuse's own attribute has.
    parameters: Callable[[Attributes, Parameters | None], Parameters | None] = _as_sent
    types: Mapping[str, str] = field(default_factory=dict)  # by the name of the span
    debug: frozenset[str] = frozenset()  # names of spans that are details


def first_pair(attributes: Attributes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Pair | None:
    """The first input and the first output of these attributes that say something; None without either."""
    sent = next((value for key in inputs if (value := attributes.get(key))), None)
    answered = next((value for key in outputs if (value := attributes.get(key))), None)
    return (sent, answered) if sent or answered else None
