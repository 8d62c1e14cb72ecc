"""A learner's function that returns answers of the gateway: what it returned, and from where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway_kit.gateway import Answer
from gateway_kit.lessons.exercise import Criterion
from gateway_kit.lessons.learner import ask_learner


class LearnersCalls:
    """Calls a learner's function.

    `failure` is how the last call failed; `repeated` says that it returned the answer of an earlier call.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.failure = ""
        self._seen: set[str | None] = set()
        self.repeated = False

    def __call__(self, *arguments: str) -> Answer | None:
        """The answer that the function returned, None if it returned something else."""
        answer, self.failure = ask_learner(self._function, *arguments)
        if answer is None:
            return None
        # An answer that the function itself has kept has the id of an earlier call.
        self.repeated = answer.call.request_id in self._seen
        self._seen.add(answer.call.request_id)
        return answer

    def returned(self, call: str, answer: Answer | None) -> Criterion:
        """Whether the last call returned an answer."""
        return Criterion(f"`{call}` returns an answer", answer is not None, self.failure)

    def hit_of(self, first: Answer | None, *arguments: str) -> tuple[bool, str]:
        """(whether a call gets `first` again from the gateway's cache, or what happened instead)."""
        again = self(*arguments)
        if again is None or first is None:
            return False, self.failure or "there was no first answer"
        if self.repeated:
            return False, "the function kept the answer itself and did not ask the gateway"
        if not again.call.cache_hit:
            return False, "the provider was asked"
        same = again.completion.id == first.completion.id
        return same, "" if same else "another answer than the first time"


def keys_of(answers: Sequence[Answer | None]) -> set[str]:
    """The entries' keys in Redis; only answers from the cache report them."""
    return {answer.call.cache_key for answer in answers if answer is not None and answer.call.cache_key}
