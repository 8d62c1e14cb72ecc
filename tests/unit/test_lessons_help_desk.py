"""The people of lesson 07: what they find wrong with an answer, and that they say the same again."""

from __future__ import annotations

import pytest

from gateway_kit.lessons.help_desk import (
    colleague_says,
    customer_thumb,
    desk_questions,
    mistakes,
    with_colleagues,
)

RETURNS = "Can I return a book that I bought last week?"
CHANGES = "Can I still cancel my order?"
AUDIO = "Do you sell audiobooks?"
GERMAN = "Kann ich ein Buch zurückgeben?"


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        (RETURNS, "Within thirty days, if it is unread.", []),
        (RETURNS, "You have a month, as long as nobody has read it.", []),
        (RETURNS, "Within 30 days.", ["no condition"]),
        (RETURNS, "Within a week, if it is unread.", ["wrong fact"]),
        (RETURNS, "Within 30 days, if unread. You have the money tomorrow.", ["promise"]),
        (RETURNS, "Within 30 days, if unread. What is your order number?", ["needless order number"]),
        (RETURNS, "I pass that on to a colleague.", ["gave up"]),
        (CHANGES, "Until 6 pm. What is the number of your order?", []),
        (CHANGES, "Until 6 pm.", ["no order number"]),
        (AUDIO, "I do not know, a colleague will answer.", []),
        (AUDIO, "Yes, on the second floor.", ["invented"]),
        (GERMAN, "Innerhalb von dreißig Tagen, wenn es ungelesen ist.", []),
        (GERMAN, "Within thirty days, if it is unread.", ["other language"]),
    ],
)
def test_mistakes(question: str, answer: str, wrong: list[str]) -> None:
    assert mistakes(question, answer) == wrong


def test_colleagues_judge_by_the_house_rules_and_err_once_in_fifty() -> None:
    said = [colleague_says(RETURNS, f"Within thirty days, if it is unread. ({n})") for n in range(2_000)]
    assert 0.97 < sum(said) / len(said) < 0.99
    assert said == [
        colleague_says(RETURNS, f"Within thirty days, if it is unread. ({n})") for n in range(2_000)
    ]


def test_customers_click_four_times_in_five() -> None:
    thumbs = [customer_thumb(RETURNS, f"Within 30 days. ({n})") for n in range(2_000)]
    assert 0.77 < sum(thumb is not None for thumb in thumbs) / len(thumbs) < 0.83
    assert True not in thumbs


def test_questions_have_names_of_their_own_and_fewer_if_asked_for() -> None:
    questions = desk_questions()
    assert len(questions) == questions["item_id"].nunique() == questions["question"].nunique() == 76
    assert len(desk_questions(2)) == 16
    assert questions["kind"].value_counts().to_dict()["delivery"] == 16


def test_colleagues_judge_some_answers_of_each_kind_and_day() -> None:
    day = desk_questions().assign(output="Within thirty days, if it is unread.")
    judged = with_colleagues(day, day, per_kind=2)
    assert judged["kind"].value_counts().to_dict() == dict.fromkeys(day["kind"].unique(), 4)
    assert judged.loc[judged["kind"] == "returns", "people"].all()
    assert not judged.loc[judged["kind"] == "events", "people"].any()
