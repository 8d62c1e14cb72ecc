"""Answers that are added to the simulated providers: the part of `gateway.providers` for them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.lease import Lease
from gateway_kit.gateway.simulator import ANSWERS, SimulatorApi, simulator_frame

if TYPE_CHECKING:
    import pandas as pd

# The flags of Python's expressions that mean the same to the simulator.
_FLAGS = {re.IGNORECASE: "i", re.DOTALL: "s", re.MULTILINE: "m"}
_SAME = re.UNICODE

ToolCalls = Mapping[str, Mapping[str, Any]] | Sequence[tuple[str, Mapping[str, Any]]]


class AddedAnswer:
    """An answer that is in force. `off()`, or the end of a `with` block, removes it; both may be repeated.

    It ends with the process that added it at the latest, unless it was added with `keep=True`.
    """

    def __init__(self, row: Mapping[str, Any], lease: Lease, lease_id: str | None) -> None:
        self.id: int = int(row["id"])
        self.pattern: str = str(row["pattern"])
        self._scope = {name: row[name] for name in ("provider", "model") if row.get(name)}
        self._lease = lease
        self._lease_id = lease_id
        self._pid = os.getpid()

    def off(self) -> None:
        """Remove the answer, also if it was removed already."""
        if self._lease_id is None or not self._lease.is_over(self._lease_id):
            path = f"/_sim/answers/{self.id}"
            self._lease.give_back("DELETE", path, params={"lease": self._lease_id})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (
            self._pid == os.getpid()
        ):  # a forked process that leaves the block does not end its parent's answer
            self.off()

    def __repr__(self) -> str:
        where = " ".join(f"{name}={value}" for name, value in self._scope.items()) or "every model"
        return f"<AddedAnswer {self.id}: to {self.pattern!r} at {where}>"


class AnswersClient:
    """Adds answers at the simulator, lists them and removes them."""

    _api: SimulatorApi
    _lease: Lease

    def answer(
        self,
        pattern: str | re.Pattern[str],
        text: str | None = None,
        *,
        json: Any = None,
        tool_calls: ToolCalls | None = None,
        model: str | None = None,
        provider: str | None = None,
        keep: bool = False,
    ) -> AddedAnswer:
        """Add an answer, which comes before the bank's and made-up ones; use it in a `with` block, or call its `off()`.

        Of several answers that fit a prompt, the one added last is given. A file of answers, for each start of the
        stack, takes `gateway-kit up --answers FILE`.

        Args:
            pattern: what the last user message contains, in any case; or a regular expression, of `re.compile` or as
                `"/^capital/i"`. It is matched in linear time, with the first and the last 2,000 characters:
                lookahead, lookbehind and back-references are refused.
            text: the answer, given as it is, also where a request asks for JSON.
            json: the answer as a JSON value.
            tool_calls: the answer as calls of tools: name → arguments, or pairs of these. It is given if the request
                offers these tools, and not again once they have answered.
            model: for this model only, by the name that reaches the provider.
            provider: for this provider only.
            keep: stays after this program has ended; `gateway-kit faults` lists it, and clears it.

        Example:
            >>> with gateway.providers.answer("opening hours", "We are open from 9 to 5."):
            ...     gateway.ask("What are your opening hours?")
        """
        wish = {
            "pattern": _pattern_text(pattern),
            **_answer_fields(text, json, tool_calls),
            "model": model,
            "provider": provider,
            "lease": self._lease.wish(keep=keep),
        }
        row = self._api.request("POST", "/_sim/answers", json=wish)
        return AddedAnswer(row, self._lease, self._lease.took(row))

    def answers(self) -> pd.DataFrame:
        """The answers that were added, oldest first.

        Returns:
            One row per answer.

                - `id` (Int64): its number
                - `pattern` (string): a text that the prompt contains, or a regular expression between slashes
                - `answer` (string): the text; JSON and tool calls as JSON
                - `provider` (string): which it is for; missing: any
                - `provider_model` (string): which it is for; missing: any
                - `hits` (Int64): requests answered so far
                - `from_file` (boolean): from the file that the simulator was started with
                - `set_by` (string): the process that it ends with; missing: it stays until it is cleared
        """
        return simulator_frame(ANSWERS, self._api.request("GET", "/_sim/answers")["answers"])

    def clear_answers(self) -> int:
        """Remove all answers that were added since the simulator started; returns how many."""
        return int(self._lease.give_back("DELETE", "/_sim/answers")["removed"])


def _pattern_text(pattern: str | re.Pattern[str]) -> str:
    """A pattern as the simulator reads it: a text, or a regular expression between slashes. Raises ProvidersError."""
    if isinstance(pattern, str):
        return pattern
    flags = re.RegexFlag(pattern.flags) & ~_SAME
    if unknown := flags & ~re.RegexFlag(sum(_FLAGS)):
        raise ProvidersError(
            f"The simulator has no flag for {unknown!r}; it knows IGNORECASE, DOTALL and MULTILINE."
        )
    return f"/{pattern.pattern}/{''.join(letter for flag, letter in _FLAGS.items() if flags & flag)}"


def _answer_fields(text: str | None, json: Any, tool_calls: ToolCalls | None) -> dict[str, Any]:
    """The fields of a request that say what is answered. Raises ProvidersError unless one thing is given."""
    given = {"text": text, "json": json, "tool_calls": tool_calls}
    fields = {name: value for name, value in given.items() if value is not None}
    if len(fields) != 1:
        raise ProvidersError("An answer is one of `text`, `json` and `tool_calls`; give one of them.")
    if tool_calls is not None:
        pairs = tool_calls.items() if isinstance(tool_calls, Mapping) else tool_calls
        return {"tool_calls": [{"name": name, "arguments": arguments} for name, arguments in pairs]}
    return fields
