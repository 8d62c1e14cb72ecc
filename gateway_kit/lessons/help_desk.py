"""The application of lesson 07: a help desk's questions, and what people say of its answers.

The simulated providers play the help desk and its judge (`help_desk.json` of the simulator). The people are simulated
here, from the same house rules: they read an answer's words, whoever wrote it.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from gateway_kit.common.tables import Column, Table

HOUSE_RULES = """House rules of Lighthouse Books.
Returns: within thirty days, unread. Damage: replaced against a photograph; we look the order up by its number.
Changes of an order: until six in the evening, by its number. Delivery: sent within two working days, free above fifty
euros, else four euros and ninety cents. Vouchers: three years, never paid out. Readings: first Thursday of the month,
half past seven, seats are not reserved."""
QUESTIONS = Table(
    Column("item_id", "string", "such as returns-03"),
    Column(
        "kind",
        "string",
        "what it is about; German: in that language, whatever about; other: not in the house rules",
    ),
    Column("question", "string", "as a customer writes it"),
    Column("must_say", "object", "list of str, words of the house rules that belong into a good answer"),
)
# Kind → questions, and the words that a program can look for.
_QUESTIONS: dict[str, tuple[list[str], list[str]]] = {
    "damaged": ([
        "My book arrived with torn pages. What now?", "The cover is damaged, can you help?",
        "There are stained pages in my new book.", "The spine of the novel is broken.",
        "Ten pages are missing in the atlas.", "My parcel was wet and the book is damaged.",
        "I got a torn dust jacket. Is that normal?", "What do I do with a damaged present?",
        "A page is missing in my textbook.", "The calendar came broken, who pays?",
        "Half of the pages are ripped.", "The map in the back is torn.",
    ], ["photo", "order number"]),
    "changes": ([
        "Can I still cancel my order?", "I want to change the address of my order.",
        "Please add to my order one more copy.", "How do I correct the address on my order?",
        "May I change my order to the paperback?", "I would like to cancel one book of my order.",
        "Is it too late to change the delivery address?", "Can you edit my order from this morning?",
        "I ordered twice, please cancel one order.", "Until when can I change an order?",
        "Can I change the delivery to my office?", "How can I cancel an order at night?",
    ], ["six in the evening", "order number"]),
    "delivery": ([
        "How long does shipping take?", "When will my book arrive?", "What does delivery cost?",
        "Do you deliver within the week?", "How much is postage for a small book?", "Is shipping free?",
        "When are books sent?", "How fast do you ship?", "Will it arrive before Friday?",
        "What is the postage for two books?", "How long does it take until a book is shipped?",
        "Do I pay for delivery above a hundred euros?",
            "How long is the delivery time?",
            "On which days do you ship?",
            "Do you ship on Saturdays?",
            "How expensive is shipping?",
    ], ["two working days", "fifty euros"]),
    "returns": ([
        "Can I return a book that I bought last week?", "How do I get my money back for a book?",
        "May I send it back after two weeks?", "Do you give a refund for an unwanted present?",
        "I do not like the novel. Can I return it?", "How long can I return something?",
        "Is a refund possible after a month?", "Can my sister return the book I gave her?",
    ], ["thirty days", "unread"]),
    "vouchers": ([
        "How long is a gift voucher valid?", "Does my voucher expire?", "Can I get cash for a gift card?",
        "I found an old voucher, is it still good?", "Can a voucher be paid out?", "Until when may I use a gift card?",
    ], ["three years", "paid out"]),
    "events": ([
        "When is the next reading?", "Do I need a seat for the event?", "Can I reserve seats for a reading?",
        "At what time do readings begin?", "How often do you have events?", "Are there seats left for the signing?",
    ], ["first Thursday", "reserved"]),
    "other": ([
        "Do you sell audiobooks?", "Can you repair my e-reader?", "Do you buy used books?", "Is there a café?",
        "Do you wrap presents?", "Can I bring my dog?", "Do you have a student job?", "Do you print theses?",
    ], ["colleague"]),
    "German": ([
        "Wie lange dauert die Lieferung?", "Kann ich ein Buch zurückgeben?", "Wie lange ist ein Gutschein gültig?",
        "Was kostet der Versand?", "Wann ist die nächste Lesung?", "Kann ich einen Gutschein bar auszahlen lassen?",
        "Bis wann darf ich ein Buch zurückschicken?", "Wann werden Bücher geliefert?",
    ], []),
}  # fmt: skip
# What a judge has to look at, after it was compared with people.
CALIBRATED_RUBRIC = """You judge answers of the help desk of Lighthouse Books. Say PASS or FAIL, then why.
FAIL an answer
- whose facts are not those of the house rules, or that leaves out a condition that belongs to them;
- that promises a day, a refund or anything else;
- to a question about one order that does not ask for the order number, or to any other that asks for it needlessly;
- in another language than the question;
- that invents what the house rules do not say, or passes a question on that they do answer.
Tone does not count."""
_PEOPLES_ERRORS = 0.02
_CLICKS = 0.8


def desk_questions(per_kind: int = 16) -> pd.DataFrame:
    """Customers' questions, one a row, at most `per_kind` of a kind: 76 in all.

    Returns:
        - `item_id` (string): such as returns-03
        - `kind` (string): what it is about; German: in that language, whatever about; other: not in the house rules
        - `question` (string): as a customer writes it
        - `must_say` (object): list of str, words of the house rules that belong into a good answer
    """
    return QUESTIONS.frame(
        {
            "item_id": f"{kind.lower()}-{number:02}",
            "kind": kind,
            "question": question,
            "must_say": words,
        }
        for kind, (asked, words) in _QUESTIONS.items()
        for number, question in enumerate(asked[:per_kind], 1)
    )


def mistakes(question: str, answer: str) -> list[str]:
    """What is wrong with an answer by the house rules; empty for a good one.

    One or more of: wrong fact, no condition, promise, no order number, needless order number, other language, invented,
    gave up.
    """
    material = _material()
    asked = "de" if _german(question) else "en"
    kind = next((k for k in material["kinds"].values() if _found(k["asked"][asked], question)), None)
    wrong = ["other language"] if _german(question) != _german(answer) else []
    passed_on = _either("pass_on_found", answer)
    if kind is None:
        return wrong if passed_on else [*wrong, "invented"]
    right = _found(kind["fact"]["found"], answer)
    if passed_on and not right:
        return [*wrong, "gave up"]
    asks, needed = _either("ask_found", answer), kind.get("order", False)
    checks = {
        "wrong fact": not right,
        "no condition": "condition" in kind and not _found(kind["condition"]["found"], answer),
        "promise": _either("promise_found", answer),
        "no order number": needed and not asks,
        "needless order number": asks and not needed,
    }
    return wrong + [name for name, met in checks.items() if met]


def colleague_says(question: str, answer: str) -> bool:
    """Whether a colleague who knows the house rules would send this answer. People err, too: once in fifty times."""
    slip = _draw("colleague", question, answer).random() < _PEOPLES_ERRORS
    return bool(mistakes(question, answer)) == slip


def with_colleagues(*days: pd.DataFrame, per_kind: int = 6) -> pd.DataFrame:
    """The first `per_kind` answers of each kind of each day, with the column `people` (bool): what colleagues say."""
    rows = pd.concat([day.groupby("kind").head(per_kind) for day in days], ignore_index=True)
    said = [colleague_says(q, a) for q, a in zip(rows["question"], rows["output"], strict=True)]
    return rows.assign(people=pd.Series(said, dtype=bool))


def customer_thumb(question: str, answer: str) -> bool | None:
    """The customer's thumb, up or down, weeks later when a promise was kept or not; None if nobody clicked."""
    draw = _draw("customer", question, answer)
    return None if draw.random() > _CLICKS else not mistakes(question, answer)


def _draw(who: str, question: str, answer: str) -> random.Random:
    """The same person says the same of the same answer."""
    return random.Random(f"{who} {question} {answer}")  # noqa: S311 - no secret


@cache
def _material() -> dict[str, Any]:
    place = files("gateway_kit") / "stack/node/providers/answering/help_desk/help_desk.json"
    material: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return material


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _either(name: str, text: str) -> bool:
    return any(_found(words[name], text) for words in _material()["phrases"].values())


def _german(text: str) -> bool:
    """Whether a text is German rather than English, by its small words."""
    german = re.findall(
        r"\b(?:der|die|das|ein|eine|einen|ist|kann|ich|wie|wann|was|und|wir|sie|nicht|bis|innerhalb|können)\b",
        text.lower(),
    )
    english = re.findall(
        r"\b(?:the|a|an|is|can|i|how|when|what|and|we|you|not|until|within|do|of|my)\b", text.lower()
    )
    return len(german) > len(english)
