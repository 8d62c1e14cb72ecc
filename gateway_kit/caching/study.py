"""A semantic cache under study: `gateway.cache.study()`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway_kit.caching.guard import guard_namespace
from gateway_kit.caching.measure import ask_pairs
from gateway_kit.caching.pairs import as_traffic
from gateway_kit.caching.thresholds import THRESHOLD_GRID, exact_cost_usd, hits_at, threshold_table
from gateway_kit.errors import CacheError

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.caching.measure import Asks


class SemanticStudy:
    """What a semantic cache would do with pairs of questions, at which threshold, and what that costs.

    The story, in its order:

    1. `pairs`: two questions each, and whether one answer is right for both; with their similarities.
    2. `ask`: what the gateway really does with them. `hits_at`: what it would do at another threshold.
    3. `thresholds`: precision, recall and cost of each threshold.
    4. `guarded`: the same pairs behind a guard, which keeps certain questions apart.
    5. `as_traffic`: the same pairs, weighted like your own questions.

    `only`, `guarded` and `as_traffic` return another study; nothing changes in place.

    Example:
        >>> study = gateway.cache.study()
        >>> study.guarded().as_traffic(rephrased=0.3, near_miss=0.02).thresholds(wrong_usd=0.01, call_usd=0.002)
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        gateway: Asks | None = None,
        *,
        used_guard: Callable[[str], str] | None = None,
    ) -> None:
        self._pairs = pairs
        self._gateway = gateway
        self._used_guard = used_guard

    def __repr__(self) -> str:
        return f"<study of {len(self._pairs)} pairs: {', '.join(self._pairs.columns)}>"

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def pairs(self) -> pd.DataFrame:
        """The pairs, a copy of the table.

        Returns:
            One row per pair; pairs of your own have the columns that you gave them.

                - `id` (string): `neg-03` and the like: stable and unique
                - `kind` (string): rewording, paraphrase; number, unit, … (near misses); topic; unrelated; repeated
                - `first` (string): the question that was answered
                - `second` (string): the question that comes later
                - `same` (bool): the answer to the first is right for the second too
                - `note` (string): what a reader might overlook; mostly missing
                - `similarity` (float64): cosine of the angle between the vectors of the two questions
                - `accepted` (bool): the guard lets them share an answer; only after `guarded`
                - `weight` (float64): how many of 1,000 questions it stands for; only after `as_traffic`
        """
        return self._pairs.copy()

    def only(self, *kinds: str) -> SemanticStudy:
        """The study of the pairs of these kinds, such as `only("number", "unit")`."""
        pairs = self._pairs[self._pairs["kind"].isin(kinds)]
        return SemanticStudy(pairs, self._gateway, used_guard=self._used_guard)

    def ask(self, model: str = "gpt-4o-mini", *, concurrency: int = 8) -> pd.DataFrame:
        """Send the pairs through the gateway: `first` is asked and kept, then `second` is asked.

        Each pair has a namespace of its own, so that a question meets only its partner. The model is asked for an empty
        tool call, which is the fastest answer, since only the hits count.

        Args:
            model: the model that answers.
            concurrency: calls under way at a time.

        Returns:
            One row per pair, with the same index as `pairs`.

                - `hit` (bool): `second` got the answer that was kept for `first`
                - `similarity` (float64): as the gateway reports it; missing without a hit, since it then reports 0

        Raises:
            CacheError: the gateway has no semantic cache, or keeps nothing.
            GatewayError: a call fails.
        """
        index = None
        if self._gateway is not None:
            with suppress(CacheError):  # a gateway without a cache has no semantic one either
                index = getattr(self._gateway.cache, "index", None)
        if self._gateway is None or index is None:
            raise CacheError(
                "ask() needs a gateway with a semantic cache: lab = gateway.stack.semantic_gateway(threshold=0.5), "
                "then lab.cache.study()"
            )
        return ask_pairs(
            self._gateway, index, self._pairs, model, guard=self._used_guard, concurrency=concurrency
        )

    def hits_at(self, threshold: float) -> pd.Series[bool]:
        """Whether each pair would hit at a threshold, and behind the guard if there is one."""
        return hits_at(self._pairs, threshold)

    def thresholds(
        self,
        thresholds: Iterable[float] = THRESHOLD_GRID,
        *,
        wrong_usd: float = 0.0,
        call_usd: float = 0.0,
    ) -> pd.DataFrame:
        """What each threshold would do with these pairs, and what it costs.

        Args:
            thresholds: from 0 to 1; by default 0.50 to 1.00 in steps of 0.01.
            wrong_usd: the price of a wrong answer, in US dollars.
            call_usd: the price of an answer from the provider, in US dollars.

        Returns:
            One row per threshold.

                - `threshold` (float64): the least cosine similarity at which the kept answer is taken
                - `hits` (int64): pairs at or above it
                - `right_hits` (int64): hits whose answer is right for both questions
                - `wrong_hits` (int64): hits whose answer is wrong for the second question
                - `precision` (float64): share of right hits in all hits; missing without hits
                - `recall` (float64): share of right hits in all pairs that may share; missing without such pairs
                - `right_per_1000` (float64): right hits among 1,000 second questions
                - `wrong_per_1000` (float64): wrong hits among 1,000 second questions
                - `cost_usd` (float64): US dollars for these 1,000: `call_usd` a miss, `wrong_usd` a wrong hit

        Raises:
            ValueError: a price or a threshold is invalid.
        """
        return threshold_table(self._pairs, thresholds, wrong_usd=wrong_usd, call_usd=call_usd)

    def guarded(self, guard: Callable[[str], str] = guard_namespace) -> SemanticStudy:
        """The study with a guard: two questions share an answer only if it gives them the same namespace.

        Args:
            guard: the namespace of a question; by default `gateway.cache.guard`, which minds numbers and negations.
        """
        firsts, seconds = self._pairs["first"].map(guard), self._pairs["second"].map(guard)
        pairs = self._pairs.assign(accepted=(firsts == seconds).astype("bool"))
        return SemanticStudy(pairs, self._gateway, used_guard=guard)

    def exact_usd(self, call_usd: float) -> float:
        """US dollars for 1,000 questions with an exact cache, which answers only what is repeated word for word.

        It is what a semantic cache has to beat: see `thresholds`. Raises ValueError for an invalid price.
        """
        return exact_cost_usd(self._pairs, call_usd)

    def as_traffic(
        self, *, rephrased: float, near_miss: float = 0.0, topic: float = 0.0, repeated: float = 0.0
    ) -> SemanticStudy:
        """The study with the pairs weighted like your traffic; within a group, each pair weighs the same.

        Args:
            rephrased: share of questions, 0 to 1, that put a kept question in other words.
            near_miss: share whose nearest kept one differs in a number, a unit, a negation and the like.
            topic: share whose nearest kept one is on the same topic. The rest is unrelated to all that is kept.
            repeated: share that repeats a kept question word for word, which an exact cache answers too. For them the
                study gets pairs of the kind `repeated`.

        Raises:
            ValueError: a share is invalid, or no pair represents it.
        """
        pairs = as_traffic(
            self._pairs, rephrased=rephrased, near_miss=near_miss, topic=topic, repeated=repeated
        )
        return SemanticStudy(pairs, self._gateway, used_guard=self._used_guard)
