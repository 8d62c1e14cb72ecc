"""The application of lesson 06: a bookshop's assistant, and a day of traffic that can be repeated."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.gateway import Answer, Call, CallRecord, TextStream

STRONG = "claude-haiku-4-5"
TRAFFIC = Table(
    Column("feature", "string", "questions (65 % of the calls), orders (20 %) or stories (15 %)"),
    Column("team", "string", "shop or press: who pays"),
    Column(
        "question", "string", "what is asked: questions repeat by Zipf's law, orders and stories all differ"
    ),
    Column("total", "float64", "orders: the right answer, in euros; missing for the others"),
)

# Shares of the traffic, the same for every seed.
_SHARES = {"questions": 0.65, "orders": 0.2, "stories": 0.15}
# Readers' questions, the most frequent first. The simulator knows the answers, so none needs a real model.
_QUESTIONS = (
    "What is a token?",
    "How do I reset my password?",
    "What is an LLM gateway?",
    "What is an embedding?",
    "What is a context window?",
    "What is semantic caching?",
    "What is Redis?",
    "What is tracing?",
    "What is a rate limit?",
    "What is load balancing?",
    "What is a fallback?",
    "Who wrote Romeo and Juliet?",
    "What is a cooldown?",
    "What is a virtual key?",
    "What is time to first token?",
)
# How an order may write a multiplication.
ORDER_SIGNS = (" * ", " times ", " x ")
_ORDERS = ("What is {n} * {price:.2f}?", "Calculate {n} times {price:.2f}", "Compute {n} x {price:.2f}")
# The simulator ignores what is in brackets; the cache does not, so two issues are two questions.
_STORIES = (
    "Write a long story about a lighthouse keeper [issue {issue}]",
    "Tell me a story about a lighthouse keeper [issue {issue}]",
)
# Share of the readers' questions that come from the newsletter's page.
_PRESS_SHARE = 0.3

MANUAL = """You are the assistant of Lighthouse Books, a shop for books about software. This is the house manual.
Tone. Write as a friendly bookseller would: plainly, warmly and to the point. Use British spelling. Call the reader
"you". Never use exclamation marks, emoji or capital letters for emphasis. Do not say that you are a language model.
Length. Answer a question in one or two sentences. A story for the newsletter may be as long as it needs to be.
Books. Recommend at most one book an answer, and only where the reader asked for one. Never recommend a book that is
out of print. Do not compare our prices with those of other shops. Do not quote more than two lines from any book.
Orders. Give totals as plain numbers with a point before the cents. Prices include value added tax. Books are sent
within two working days; never promise a day of arrival. Orders above fifty euros are sent free of charge, others cost
four euros and ninety cents. An order can be changed until it is packed, which is at six in the evening.
Returns. A book may be returned within thirty days if it is unread, and the reader pays for the parcel unless the book
was damaged. Refunds go to the card that was used. Electronic books cannot be returned once they were opened. Damaged
books are replaced at once; ask for a photograph of the damage and for the number of the order.
Vouchers. Gift vouchers are valid for three years. They cannot be paid out, and they cannot be used for other vouchers.
Lost vouchers are replaced where the reader still has the receipt. Student cards give ten per cent on textbooks.
Events. Readings are on the first Thursday of each month at half past seven. Seats are free and cannot be reserved.
Signed copies can be ordered until noon on the day of the reading. Children need a grown-up with them after eight.
Privacy. Never ask for a password, a card number or a date of birth. Never repeat an address or a telephone number back
to the reader. Do not tell anybody what somebody else has ordered, not even within a family. Send requests for personal
data to the manager, who answers within a month.
Complaints. Say that you are sorry once, and not twice. Never argue about whose fault it was. Offer to pass the matter
to the manager, who calls back on the next working day between ten and four. Do not offer money by yourself.
Press. Send journalists to the press page. Say nothing about sales, about staff, or about books that are not yet out."""

SHORT = "You are the assistant of Lighthouse Books. Answer warmly, in one or two sentences."


def shop_traffic(calls: int = 60, seed: int = 6) -> pd.DataFrame:
    """A day's requests in their order, one per row. The same seed gives the same day.

    Returns:
        - `feature` (string): questions (65 % of the calls), orders (20 %) or stories (15 %)
        - `team` (string): shop or press: who pays
        - `question` (string): what is asked: questions repeat by Zipf's law, orders and stories all differ
        - `total` (float64): orders: the right answer, in euros; missing for the others
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    # At least one of each, also on a very short day.
    counts = {feature: max(round(share * calls), min(calls // 3, 1)) for feature, share in _SHARES.items()}
    counts["questions"] += calls - sum(counts.values())
    issue = draw.randrange(100, 900)
    rows = [_request(feature, issue + place, draw) for feature, n in counts.items() for place in range(n)]
    draw.shuffle(rows)
    return TRAFFIC.frame(rows)


def replay(
    traffic: pd.DataFrame, answer: Callable[[Any], Answer | TextStream], *, concurrency: int = 8
) -> pd.DataFrame:
    """Send the traffic and return a row per request, in its order.

    Args:
        traffic: Rows of `shop_traffic`.
        answer: Gets a row and returns what `gateway.ask` or `gateway.stream` returns. A stream is read to its end.
        concurrency: How many requests are in progress at a time.

    Returns:
        The columns of the call record and of the traffic, `text` (string: the answer), and `finish` (string: "stop", or
        "length" if max_tokens cut the answer off; missing for streams).

    Raises:
        Exception: Whatever `answer` raises.

    Example:
        >>> replay(shop_traffic(), lambda request: gateway.ask(request.question))
    """

    def send(request: Any) -> Answer | TextStream:
        given = answer(request)
        if isinstance(given, TextStream):
            for _ in given:
                pass
        return given

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        answers = list(pool.map(send, traffic.itertuples()))
    record = CallRecord(capacity=max(len(answers), 1))
    for given in answers:
        record.add(cast(Call, given.call))  # a stream has its call after it was read
    texts = pd.DataFrame(
        {
            "text": pd.Series([given.text for given in answers], dtype="string"),
            "finish": pd.Series([_finish(given) for given in answers], dtype="string"),
        }
    )
    return pd.concat([record.frame(), traffic.reset_index(drop=True), texts], axis="columns")


def _request(feature: str, issue: int, draw: random.Random) -> tuple[str, str, str, float | None]:
    if feature == "questions":
        weights = [1 / rank for rank in range(1, len(_QUESTIONS) + 1)]
        team = "press" if draw.random() < _PRESS_SHARE else "shop"
        return feature, team, draw.choices(_QUESTIONS, weights)[0], None
    if feature == "stories":
        return feature, "press", draw.choice(_STORIES).format(issue=issue), None
    copies, cents = draw.randrange(2, 30), draw.randrange(900, 6000, 5)
    order = draw.choice(_ORDERS).format(n=copies, price=cents / 100)
    return feature, "shop", order, copies * cents / 100


def _finish(given: Answer | TextStream) -> str | None:
    choices = given.completion.choices if isinstance(given, Answer) else []
    return choices[0].finish_reason if choices else None
