"""The application of lesson 06: a bookshop's assistant, and a seeded day of traffic to send again and again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pandas as pd

from gateway_kit.gateway import Answer, Call, CallRecord, TextStream

STRONG = "claude-haiku-4-5"
TRAFFIC_COLUMNS: Mapping[str, str] = {
    "feature": "string",
    "team": "string",
    "question": "string",
    "total": "float64",
}

# Parts of the traffic; every day has the same ones, whatever its seed.
_SHARES = {"questions": 0.65, "orders": 0.2, "stories": 0.15}
# Readers' questions, the most frequent first. The simulator knows their answers, so none waits for a real model.
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
# How an order may say what is to be multiplied.
ORDER_SIGNS = (" * ", " times ", " x ")
_ORDERS = ("What is {n} * {price:.2f}?", "Calculate {n} times {price:.2f}", "Compute {n} x {price:.2f}")
# The simulator takes what is in brackets for a mark, and the cache takes two issues for two questions.
_STORIES = (
    "Write a long story about a lighthouse keeper [issue {issue}]",
    "Tell me a story about a lighthouse keeper [issue {issue}]",
)
# Of the readers' questions, those that come by the newsletter's page.
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


def shop_traffic(calls: int = 60, seed: int = 6) -> pd.DataFrame:
    """A day's requests, one a row, in the order in which they come; the same seed, the same day.

    column     dtype     meaning
    feature    string    questions (65 % of the calls), orders (20 %) or stories (15 %)
    team       string    shop or press: who pays
    question   string    what is asked. Questions repeat by Zipf's law, orders and stories are all different
    total      float64   orders: what they come to, in euros; missing for the others
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    counts = {feature: round(share * calls) for feature, share in _SHARES.items()}
    counts["questions"] += calls - sum(counts.values())
    issue = draw.randrange(100, 900)
    rows = [_request(feature, issue + place, draw) for feature, n in counts.items() for place in range(n)]
    draw.shuffle(rows)
    return pd.DataFrame(rows, columns=list(TRAFFIC_COLUMNS)).astype(dict(TRAFFIC_COLUMNS))


def replay(
    traffic: pd.DataFrame, answer: Callable[[Any], Answer | TextStream], *, concurrency: int = 8
) -> pd.DataFrame:
    """What became of the traffic, one row per request, in its order: the columns of the call record, and these.

    column                          dtype     meaning
    feature, team, question, total            as in the traffic
    text                            string    the answer
    finish                          string    why it ended: "stop", or "length" where max_tokens cut it off; missing
                                              for streams

    replay(shop_traffic(), lambda request: gateway.ask(request.question))

    `answer` gets a row of the traffic and returns what `gateway.ask` or `gateway.stream` returns; a stream is read to
    its end. `concurrency` people ask at a time, each again when the answer has come. Raises what `answer` raises.
    """

    def whole(request: Any) -> Answer | TextStream:
        given = answer(request)
        if isinstance(given, TextStream):
            for _ in given:
                pass
        return given

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        answers = list(pool.map(whole, traffic.itertuples()))
    record = CallRecord(capacity=max(len(answers), 1))
    for given in answers:
        record.add(cast(Call, given.call))  # a stream's is there once it was read
    told = pd.DataFrame(
        {
            "text": pd.Series([given.text for given in answers], dtype="string"),
            "finish": pd.Series([_finish(given) for given in answers], dtype="string"),
        }
    )
    return pd.concat([record.frame(), traffic.reset_index(drop=True), told], axis="columns")


def _request(feature: str, issue: int, draw: random.Random) -> tuple[str, str, str, float | None]:
    if feature == "questions":
        weights = [1 / rank for rank in range(1, len(_QUESTIONS) + 1)]
        team = "press" if draw.random() < _PRESS_SHARE else "shop"
        return feature, team, draw.choices(_QUESTIONS, weights)[0], None
    if feature == "stories":
        return feature, "press", draw.choice(_STORIES).format(issue=issue), None
    copies, cents = draw.randrange(2, 30), draw.randrange(900, 6000, 5)
    asked = draw.choice(_ORDERS).format(n=copies, price=cents / 100)
    return feature, "shop", asked, copies * cents / 100


def _finish(given: Answer | TextStream) -> str | None:
    choices = given.completion.choices if isinstance(given, Answer) else []
    return choices[0].finish_reason if choices else None
