"""The exercises of lesson 06: an assistant at a quarter of the price, and an alert for the right reason."""

from __future__ import annotations

import random
import re
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.alert_choice import grade_rule
from gateway_kit.lessons.bookshop import MANUAL, ORDER_SIGNS, STRONG, shop_traffic
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import ask_learner

if TYPE_CHECKING:
    import pandas as pd

# Enough for every kind of request, and for repeated questions.
_CALLS = 20
_CONCURRENCY = 8
# Shares of what they were: the bill, and p95 of the time at the provider.
_SHARE, _P95_SHARE = 0.25, 0.9
_FRESH: Mapping[str, Any] = {"cache": {"no-cache": True, "no-store": True}}

Row = dict[Any, Any]


def _grade_assistant(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that answers an unseen day for a quarter of the money, and saves where it does no harm."""
    gateway, assistant = require(variables, gateway=Gateway, assistant=callable)
    answers_all = f"it answers {_CALLS} requests of an unseen day"
    seed, warm_up = _seed_of_a_full_day(), datetime.now(UTC)
    traffic = _unseen(seed)
    # One request of each kind first: the first call to a provider is slow.
    for question in _of_each_kind(_unseen(seed + 1), but=traffic):
        _, failure = ask_learner(assistant, question)
        if failure:
            return [Criterion(answers_all, False, failure)]
    began = datetime.now(UTC)
    before, after, failure = _both_ways(gateway, assistant, list(traffic["question"]))
    criteria = [Criterion(answers_all, not failure, failure)]
    if failure:
        return criteria
    rows: list[Row] = [
        {**request, "before": old, "after": new}
        for request, old, new in zip(traffic.to_dict("records"), before, after, strict=True)
    ]
    criteria.append(_asked_anew(after))
    if not criteria[-1].met:
        return criteria
    everything = gateway.providers.journal(since=warm_up)
    simulated, journal = set(everything["provider_model"]), everything[everything["started"] >= began]
    return [
        *criteria,
        _in_their_words([row for row in rows if row["feature"] != "orders"], journal, simulated),
        _orders(_of(rows, "orders"), journal),
        _stories(_of(rows, "stories")),
        _whole(after),
        _bill(gateway, rows),
        _slowest(rows, journal),
    ]


def _seed_of_a_full_day() -> int:
    """The seed of an unseen day in which orders are written in every way."""
    while True:
        seed = random.randrange(10**9)  # noqa: S311 - no secret
        questions = " ".join(shop_traffic(_CALLS, seed)["question"])
        if all(sign in questions for sign in ORDER_SIGNS):
            return seed


def _unseen(seed: int) -> pd.DataFrame:
    """A day whose questions and stories no cache has yet, by what is in brackets, which the simulator ignores.

    A question names the day. The name has letters only: whoever takes a request with two numbers for an order is right.
    The few hundred issues of the lesson's traffic would soon come again, so a story has one of many millions.
    """
    day = shop_traffic(_CALLS, seed)
    asked, told = day["feature"] == "questions", day["feature"] == "stories"
    day.loc[asked, "question"] += f" [day {_letters(6)}]"
    day.loc[told, "question"] = [
        re.sub(r"\d+", str(number), story)
        for number, story in enumerate(day.loc[told, "question"], 10**8 + secrets.randbelow(9 * 10**8))
    ]
    return day


def _of_each_kind(day: pd.DataFrame, *, but: pd.DataFrame) -> list[str]:
    """One request of each kind, none of them from `but`: a cache would have its answer."""
    return list(day[~day["question"].isin(but["question"])].drop_duplicates("feature")["question"])


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


def _both_ways(
    gateway: Gateway, assistant: Callable[..., Any], questions: Sequence[str]
) -> tuple[list[Answer], list[Answer], str]:
    """(the answers as before, the learner's answers, how the first of these failed).

    Each request is sent both ways at about the same time.
    """

    def as_before(question: str) -> tuple[Answer | None, str]:
        messages = [{"role": "system", "content": MANUAL}, {"role": "user", "content": question}]
        return gateway.ask(messages, STRONG, extra_body=_FRESH), ""

    def send(job: tuple[Callable[[str], tuple[Answer | None, str]], str]) -> tuple[Answer | None, str]:
        way, question = job
        return way(question)

    ways = (as_before, lambda question: ask_learner(assistant, question))
    with ThreadPoolExecutor(max_workers=_CONCURRENCY) as pool:
        given = list(pool.map(send, [(way, question) for question in questions for way in ways]))
    failure = next((failure for _, failure in given if failure), "")
    answers = [answer for answer, _ in given if answer is not None]
    return (answers[::2], answers[1::2], failure) if not failure else ([], [], failure)


def _of(rows: Sequence[Row], feature: str) -> list[Row]:
    return [row for row in rows if row["feature"] == feature]


def _asked_anew(after: Sequence[Answer]) -> Criterion:
    """An answer that the function itself kept is on no bill and in no hit rate."""
    kept = len(after) - len({answer.call.request_id for answer in after})
    detail = f"{kept} answers were repeated by the function itself"
    return Criterion(
        "every answer comes from the gateway: from a provider or from its cache", not kept, detail
    )


def _in_their_words(rows: Sequence[Row], journal: pd.DataFrame, simulated: set[str]) -> Criterion:
    """An answer to something else would be cheap and quick."""
    found = (_word_problem(row, rows, journal, simulated) for row in rows)
    problem = next((problem for problem in found if problem), "")
    return Criterion("every question and every issue is asked in the reader's words", not problem, problem)


def _word_problem(row: Row, rows: Sequence[Row], journal: pd.DataFrame, simulated: set[str]) -> str:
    """Why nobody was asked this question; empty if a model was, if only once for the cache."""
    question, call = row["question"], row["after"].call
    repeated = sum(other["question"] == question for other in rows)
    reached = _with(question, journal)
    as_before = _whole_manual(reached, row["before"]).head(repeated)
    if len(reached) > len(as_before):
        return ""
    # A model of another provider has no rows; it counts what it reads, which is at least a token for each word.
    # LiteLLM puts the route before a model of Bedrock: "converse/us.amazon.nova-micro-v1:0".
    if (call.provider_model or "").rpartition("/")[2] not in simulated and (call.prompt_tokens or 0) >= len(
        question.split()
    ):
        return ""
    return f'no model was sent "{question}" at the beginning of the last message'


def _with(question: str, journal: pd.DataFrame) -> pd.DataFrame:
    """The requests whose last message has the question near its beginning."""
    return journal[journal["prompt"].str.contains(question, regex=False, na=False, case=False)]


def _orders(rows: Sequence[Row], journal: pd.DataFrame) -> Criterion:
    """Orders are money: the strong model computes them, with the whole manual."""
    problem = next((problem for row in rows if (problem := _order_problem(row, journal))), "")
    return Criterion(f"every order reaches `{STRONG}`, with the whole manual", not problem, problem)


def _order_problem(row: Row, journal: pd.DataFrame) -> str:
    """Why an order did not reach the strong model as it should; empty if it did."""
    call, whole = row["after"].call, row["before"].call.prompt_tokens
    label = f'"{row["question"]}"'
    if call.provider_model != STRONG:
        return f"{label} was answered by {call.provider_model or call.model}"
    if call.prompt_tokens < whole:
        return f"{label} came with {call.prompt_tokens} tokens; manual and question have {whole}"
    # LiteLLM gives Anthropic's answers new ids, so rows of the journal are identified by their prompts.
    if len(_whole_manual(_with(row["question"], journal), row["before"])) < 2:
        # Once as before, once by the learner's function.
        return f"{label} was answered from the cache, or is not at the beginning of the last message"
    return ""


def _stories(rows: Sequence[Row]) -> Criterion:
    """A story from the cache would be cheap, but not new."""
    same = len(rows) - len({row["after"].completion.id for row in rows})
    return Criterion(
        "every issue gets a story of its own", not same, f"{same} of {len(rows)} came from the cache"
    )


def _whole(after: Sequence[Answer]) -> Criterion:
    cut = sum(
        bool(answer.completion.choices) and answer.completion.choices[0].finish_reason == "length"
        for answer in after
    )
    return Criterion("no answer is cut short", not cut, f"{cut} of {len(after)} ended at max_tokens")


def _bill(gateway: Gateway, rows: Sequence[Row]) -> Criterion:
    """By the spend log, which is what is charged."""
    written = gateway.spend.wait_for(
        answer.call.request_id for row in rows for answer in (row["before"], row["after"])
    )
    usd = written.groupby("request_id")["cost_usd"].sum()
    before_usd = sum(float(usd[row["before"].call.request_id]) for row in rows)
    by_feature = {
        feature: sum(float(usd[row["after"].call.request_id]) for row in _of(rows, feature))
        for feature in dict.fromkeys(row["feature"] for row in rows)
    }
    after_usd = sum(by_feature.values())
    dearest = max(by_feature, key=lambda feature: by_feature[feature])
    detail = f"{after_usd / before_usd:.0%}" if before_usd else "nothing was charged before"
    if after_usd:
        detail += f", and {by_feature[dearest] / after_usd:.0%} of it is for {dearest}"
    cheap = before_usd > 0 and after_usd <= _SHARE * before_usd
    return Criterion(f"the bill is at most {_SHARE:.0%} of what it was", cheap, detail)


def _slowest(rows: Sequence[Row], journal: pd.DataFrame) -> Criterion:
    """By the time at the provider, which a busy machine does not change; a cache hit takes none."""
    import numpy as np

    old_s: list[float] = []
    new_s: list[float] = []
    for question in dict.fromkeys(row["question"] for row in rows):
        same_question = [row for row in rows if row["question"] == question]
        reached = _with(question, journal)
        as_before = _whole_manual(reached, same_question[0]["before"])["latency_s"].head(len(same_question))
        others = list(reached["latency_s"].drop(as_before.index))
        asked_s = sorted(
            row["after"].call.latency_s for row in same_question if not row["after"].call.cache_hit
        )
        # A model of another provider has no row: then the latency counts.
        others += asked_s[: max(len(asked_s) - len(others), 0)]
        old_s += list(as_before)
        new_s += others + [0.0] * (len(same_question) - len(others))
    old, new = (float(np.percentile(seconds, 95)) for seconds in (old_s, new_s))
    return Criterion(
        "p95 of the time at the provider falls by a tenth or more",
        new <= _P95_SHARE * old,
        f"{new:.2f} s; before {old:.2f} s",
    )


def _whole_manual(reached: pd.DataFrame, before: Answer) -> pd.DataFrame:
    """The requests to the strong model with at least as many tokens as manual and question."""
    return reached[
        (reached["provider_model"] == STRONG) & (reached["prompt_tokens"] >= before.call.prompt_tokens)
    ]


EXERCISES = (
    Exercise(
        "06.1",
        _grade_assistant,
        (
            "There are three kinds of requests. Which needs the strong model, the whole manual, or a new answer?",
            'An order has a number, a sign or word for "times", and a number: '
            r'`re.search(r"\d (\*|x|times) \d", question)` finds it. A digit alone is not enough: issues have one.',
            "`gateway.models.list()` has the prices. Stories are long, so their output price counts, and "
            "p95 depends on how fast the model writes (section 6).",
            "Questions repeat: send them to a cheap model with a short instruction, and use the cache: "
            '`extra_body={"cache": {"namespace": …}}`.',
        ),
    ),
    Exercise(
        "06.2",
        grade_rule,
        (
            'Start with the usual p95: `ordinary["latency_s"].quantile(0.95)`. The threshold is a multiple of it.',
            "With every third call slow, the median does not change but p95 does. At night, p95 of four calls is the "
            "slowest one: `min_calls` is how many calls an evaluation needs.",
            'A window of minutes takes minutes to notice. Use seconds here: `window="2s"`, evaluated every half '
            "second.",
        ),
    ),
)
