"""The questions of a log, as a semantic cache meets them: one row a call, one number a distinct text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study.texts import (
    MAX_MESSAGES,
    Embedded,
    Separated,
    embedded_text,
    is_passed_over,
    owner_of,
    scope_of,
    text_digest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class HasCalls(Protocol):
    """What a study needs of a `Traffic`."""

    def calls(self) -> Iterator[LoggedCall]:
        """The calls in the order of time; may be called again."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a log.

    embedded      the text that is embedded: of all `messages`, as LiteLLM does it, or the `last_user` text alone
    separated     whose entries are kept apart: of each `key`, of each end `user`, or of `nobody`
    guard         a question's namespace, which separates too
    limit         at most so many calls
    call_usd      US dollars of a call whose cost the log does not have
    max_messages  the cache passes over requests with more messages; None for no limit
    """

    embedded: Embedded = "messages"
    separated: Separated = "key"
    guard: Callable[[str], str] | None = None
    limit: int = 100_000
    call_usd: float | None = None
    max_messages: int | None = MAX_MESSAGES


@dataclass(frozen=True)
class Questions:
    """The calls that a cache could have answered, in the order of time.

    text, scope, owner  numbers from 0, by first appearance
    at                  seconds since 1970; NaN without a time
    usd, latency_s      what the call costs and takes when the provider answers it; NaN where nothing tells
    digests             a digest for each text, since the texts themselves are not kept
    left_out            why calls do not count → how many
    with_history        calls with a text before the question: a system prompt, or earlier turns
    passed_over         calls with too many messages for a cache of LiteLLM's
    """

    text: NDArray[np.int32]
    scope: NDArray[np.int32]
    owner: NDArray[np.int32]
    at: NDArray[np.float64]
    usd: NDArray[np.float64]
    latency_s: NDArray[np.float64]
    digests: tuple[bytes, ...] = field(repr=False)
    owners: tuple[str, ...] = field(repr=False)
    left_out: Mapping[str, int]
    with_history: int
    passed_over: int

    def __len__(self) -> int:
        return len(self.text)


def read_questions(
    traffic: HasCalls, asked: Asked, on_text: Callable[[bytes, str], None] = lambda _digest, _text: None
) -> Questions:
    """Read the log once; `on_text` gets each distinct text when it first appears, which is not kept here.

    Raises RehearsalError for a log without questions.
    """
    texts: dict[bytes, int] = {}
    scopes: dict[bytes, int] = {}
    owners: dict[str, int] = {}
    rows: list[tuple[int, int, int, float, float, float]] = []
    models: list[str] = []
    left_out: dict[str, int] = {}
    with_history = passed_over = 0
    for call in traffic.calls():
        text, before = embedded_text(call, asked.embedded)
        if why := _unusable(call, text, len(rows) >= asked.limit):
            left_out[why] = left_out.get(why, 0) + 1
            continue
        digest = text_digest(text)
        if digest not in texts:
            on_text(digest, text)
        with_history += before > 0
        passed_over += is_passed_over(call, asked.max_messages)
        known = not call.cache_hit  # what the log's own cache answered cost nothing, and says nothing
        rows.append((
            _number(texts, digest),
            _number(scopes, scope_of(call, text, asked.separated, asked.guard, asked.max_messages)),
            _number(owners, owner_of(call, asked.separated)),
            np.nan if call.at is None else call.at,
            call.cost_usd if known and call.cost_usd is not None else np.nan,
            call.latency_s if known and call.latency_s is not None else np.nan,
        ))  # fmt: skip
        models.append(call.model)
    if not rows:
        reasons = "; ".join(f"{count:,} {why}" for why, count in left_out.items())
        raise RehearsalError(
            f"The traffic has no question for a semantic cache: {reasons or 'it has no calls'}. "
            "A study needs the texts of chat calls that were answered"
        )
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    of_text, of_scope, of_owner = (column.astype("int32") for column in columns[:3])
    at, usd, latency_s = (column.astype("float64") for column in columns[3:])
    usd = _with_means(usd, models)
    if asked.call_usd is not None:
        usd = np.where(np.isnan(usd), asked.call_usd, usd)
    return Questions(
        of_text, of_scope, of_owner, at, usd, _with_means(latency_s, models),
        tuple(texts), tuple(owners), left_out, with_history, passed_over,
    )  # fmt: skip


def texts_of(traffic: HasCalls, asked: Asked, wanted: Iterable[bytes]) -> dict[bytes, tuple[str, int]]:
    """The texts of these digests, read from the log again: the text, and where its last user text begins."""
    missing = set(wanted)
    found: dict[bytes, tuple[str, int]] = {}
    for call in traffic.calls():
        if not missing:
            break
        text, before = embedded_text(call, asked.embedded)
        digest = text_digest(text)
        if digest in missing:
            missing.discard(digest)
            found[digest] = (text, before)
    if missing:
        raise RehearsalError("The traffic has changed while it was studied. Run it again")
    return found


def _number(numbers: dict[Any, int], value: Hashable) -> int:
    """The value's number, by first appearance."""
    return numbers.setdefault(value, len(numbers))


def _unusable(call: LoggedCall, text: str, full: bool) -> str:
    if not text.strip():
        return "calls without a text of a user"
    if call.error or (call.status is not None and not 200 <= call.status < 300):
        return "calls that failed"
    return "calls beyond the limit" if full else ""


def _with_means(values: NDArray[np.float64], models: list[str]) -> NDArray[np.float64]:
    """The values, with the mean of the same model in place of missing ones; else the mean of all."""
    missing = np.isnan(values)
    if not missing.any() or missing.all():
        return values
    numbers: dict[str, int] = {}
    model = np.array([_number(numbers, name) for name in models])
    known = ~missing
    count = np.bincount(model[known], minlength=len(numbers))
    total = np.bincount(model[known], weights=values[known], minlength=len(numbers))
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / np.maximum(count, 1), values[known].mean())
    return np.where(missing, mean[model], values)
