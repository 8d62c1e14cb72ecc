"""The simulated help desk and its judge: as often right or wrong as their page says, and only when they are meant."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import httpx
import pytest
from answering import Answering
from conftest import KIT

from gateway_kit.lessons.help_desk import HOUSE_RULES, desk_questions, mistakes

MATERIAL: dict[str, Any] = json.loads(
    (KIT / "stack/node/providers/answering/help_desk/help_desk.json").read_text(encoding="utf-8")
)
HABITS, PHRASES = MATERIAL["habits"], MATERIAL["phrases"]["en"]
DESK = "You are the help desk of Lighthouse Books. Answer the customer's question."
RETURNS = "Can I return a book that I bought last week?"
DELIVERY = "How long does shipping take?"
CHANGES = "Can I still cancel my order?"
AUDIO = "Do you sell audiobooks?"
GERMAN = "Kann ich ein Buch zurückgeben?"
DRAWS = 300
# The judge is told the mistakes that it should look for, and is asked about an answer with one of them.
JUDGE = "You judge answers of the help desk of Lighthouse Books. Say PASS or FAIL."
WRONG = {
    "wrong_fact": (RETURNS, "You may return a book within a week if it is unread."),
    "no_condition": (RETURNS, "You may return a book within thirty days."),
    "promise": (RETURNS, "Within thirty days if it is unread. You will have the money tomorrow."),
    "no_order_number": (CHANGES, "An order can be changed until six in the evening."),
    "needless_order_number": (RETURNS, "Within thirty days if it is unread. What is your order number?"),
    "other_language": (GERMAN, "You may return a book within thirty days if it is unread."),
    "invented": (AUDIO, "Yes, of course, on the second floor."),
    "gave_up": (RETURNS, "I do not know that, so a colleague will answer."),
}
RUBRIC = {
    "wrong_fact": "Check the facts.",
    "no_condition": "Fail an answer that leaves out a condition.",
    "promise": "Fail an answer that promises something.",
    "no_order_number": "Fail an answer about an order that does not ask for the order number.",
    "needless_order_number": "Fail an answer that asks for the order number needlessly.",
    "other_language": "Fail an answer in another language than the question.",
    "invented": "Fail what is invented.",
    "gave_up": "Fail an answer that gives up without need.",
}


def ask(answering: Answering, system: str, question: str, **call: Any) -> dict[str, Any]:
    messages = [{"role": "system", "text": system}, {"role": "user", "text": question}]
    answer: dict[str, Any] = answering.answer(question, messages=messages, **call)
    return answer


def share(answering: Answering, rules: str, question: str, pattern: str) -> float:
    texts = [ask(answering, f"{DESK} {rules}", question, seed=seed)["text"] for seed in range(DRAWS)]
    return sum(re.search(pattern, text, re.IGNORECASE) is not None for text in texts) / DRAWS


def close(found: float, stated: float) -> None:
    # Draws repeat for the same seeds, so this does not fail by chance; four standard deviations are for the sample.
    spread = math.sqrt(stated * (1 - stated) / DRAWS)
    assert abs(found - stated) <= 4 * spread, f"{found:.3f} of the answers, where the page says {stated}"


@pytest.mark.parametrize(
    ("rules", "question", "pattern", "stated"),
    [
        ("", RETURNS, "if it is|as long as|provided", HABITS["states_condition"]["usually"]),
        ("Be brief.", RETURNS, "if it is|as long as|provided", HABITS["states_condition"]["brief"]),
        ("State every condition.", RETURNS, "if it is|as long as|provided", HABITS["states_condition"]["asked"]),
        ("Briefly, with all conditions.", RETURNS, "if it is|as long as|provided",
         HABITS["states_condition"]["brief and asked"]),
        ("", RETURNS, "tomorrow", HABITS["promises"]["usually"]),
        ("Be friendly.", RETURNS, "tomorrow", HABITS["promises"]["warm"]),
        ("Be friendly. Never promise anything.", RETURNS, "tomorrow", HABITS["promises"]["forbidden"]),
        ("", CHANGES, "order number", HABITS["asks_for_order"]["usually"]),
        ("Ask for the order number.", CHANGES, "order number", HABITS["asks_for_order"]["asked"]),
        ("Ask for the order number.", DELIVERY, "order number",
         HABITS["asks_needlessly"]["asked, of a question close to an order"]),
        ("Ask for the order number only if the question is about one order.", DELIVERY, "order number",
         HABITS["asks_needlessly"]["asked only when needed"]),
        ("", GERMAN, "Buch|gelesen", HABITS["keeps_language"]["usually"]),
        ("Answer in the customer's language.", GERMAN, "Buch|gelesen", HABITS["keeps_language"]["asked"]),
        ("", AUDIO, "colleague", HABITS["admits"]["usually"]),
        ("Do not guess.", AUDIO, "colleague", HABITS["admits"]["asked"]),
        ("Do not guess.", RETURNS, "colleague", HABITS["gives_up"]["told not to guess"]),
        ("", RETURNS, "fourteen|a year", HABITS["wrong_fact"]),
    ],
)  # fmt: skip
def test_the_desk_does_as_often_as_the_page_says(
    rules: str, question: str, pattern: str, stated: float, answering: Answering
) -> None:
    close(
        share(answering, rules, question, pattern), stated * (1 if pattern == "colleague" else known(rules))
    )


def known(rules: str) -> float:
    """The share of answers in which the desk does not give up, which says nothing else."""
    gives_up: float = HABITS["gives_up"]["told not to guess" if "guess" in rules else "usually"]
    return 1 - gives_up


@pytest.mark.parametrize("mistake", WRONG)
def test_the_judge_overlooks_as_often_as_the_page_says(mistake: str, answering: Answering) -> None:
    question, wrong = WRONG[mistake]
    judge = MATERIAL["judge"]
    for rubric, when in (("", "usually"), (RUBRIC[mistake], "asked")):
        passed = [
            ask(answering, f"{JUDGE} {rubric}", f"Question: {question}\nAnswer: {wrong}", seed=seed)["text"]
            for seed in range(DRAWS)
        ]
        overlooked, curt = judge["overlooks"][mistake][when], judge["fails_without_greeting"]["usually"]
        good = overlooked * (1 - curt)
        close(
            sum(text.startswith("PASS") for text in passed) / DRAWS,
            good * (1 - judge["chance"]) + (1 - good) * judge["chance"],
        )


def test_a_rubric_that_names_more_never_overlooks_what_was_seen(answering: Answering) -> None:
    case = f"Question: {RETURNS}\nAnswer: {WRONG['no_condition'][1]}"
    for seed in range(50):
        before = ask(answering, JUDGE, case, seed=seed)["text"]
        after = ask(answering, f"{JUDGE} {RUBRIC['no_condition']}", case, seed=seed)["text"]
        assert before.startswith("PASS") or "a condition is missing" not in before or after.startswith("FAIL")


@pytest.mark.parametrize(
    "case",
    [
        f"Question: {AUDIO}\nAnswer: Yes.",
        f"**Customer:** {AUDIO}\n**Reply:** Yes.",
        f"<question>{AUDIO}</question>\n<answer>Yes.</answer>",
        json.dumps({"input": AUDIO, "output": "Yes."}),
        f"# Input:\n{AUDIO}\n# Expected: not that\n# Output:\nYes.",
    ],
)
def test_question_and_answer_are_found_however_they_are_written(case: str, answering: Answering) -> None:
    answer = ask(answering, f"{JUDGE} {RUBRIC['invented']} Tone does not count.", case, seed=3)
    assert answer["source"] == "judge"
    assert answer["text"] == "FAIL\nSimulated verdict: the house rules do not say this."


def test_a_verdict_is_spelled_as_it_is_asked_for(answering: Answering) -> None:
    case = f"Question: {AUDIO}\nAnswer: Yes."
    rubric = f"{RUBRIC['invented']} You judge answers of the Lighthouse Books help desk."
    words = ask(answering, f"{rubric} Answer GOOD or BAD.", case, seed=3)["text"]
    scale = ask(answering, f"{rubric} Give a score from 1 to 5.", case, seed=3)["text"]
    named = ask(
        answering, f'{rubric} JSON with "passed" and "why".', case, seed=3, format={"kind": "json_object"}
    )
    schema = {
        "type": "object",
        "properties": {
            "verdict": {"enum": ["correct", "incorrect"]},
            "score": {"type": "integer", "minimum": 1, "maximum": 10},
            "reason": {"type": "string"},
        },
        "required": ["verdict", "score", "reason"],
    }
    filled = ask(answering, rubric, case, seed=3, format={"kind": "json_schema", "schema": schema})
    assert words.startswith("BAD\n")
    assert scale.startswith("2\n")
    assert json.loads(named["text"])["passed"] is False
    assert json.loads(named["text"])["why"].startswith("Simulated verdict")
    assert json.loads(filled["text"])["verdict"] == "incorrect"
    assert json.loads(filled["text"])["score"] == 3


def test_people_and_simulator_read_the_same_mistakes(answering: Answering) -> None:
    """The lesson's people read answers in Python, the judge reads them in JavaScript."""
    compared = 0
    for rules in (
        "",
        "Be brief and friendly. Ask for the order number.",
        "Answer in the customer's language.",
    ):
        for question in desk_questions()["question"]:
            text = ask(answering, f"{DESK} {rules}\n{HOUSE_RULES}", question)["text"]
            found = answering.run({"question": question, "answer": text})["mistakes"]
            assert sorted(mistakes(question, text)) == sorted(name.replace("_", " ") for name in found), text
            compared += 1
    assert compared > 200


def test_every_question_of_the_lesson_is_of_its_kind(answering: Answering) -> None:
    rules = (
        f"{DESK} State every condition. Never promise anything. Do not guess. Ask for the order number, but only if "
        "the question is about one order. Answer in the customer's language."
    )
    good = [
        not mistakes(row.question, ask(answering, rules, row.question, seed=seed)["text"])
        for row in desk_questions().itertuples()
        for seed in range(6)
    ]
    assert sum(good) / len(good) > 0.75, "a question that the desk takes for another kind is always wrong"
    for row in desk_questions().query("kind != 'other'").itertuples():
        assert any(
            not mistakes(row.question, ask(answering, rules, row.question, seed=seed)["text"])
            for seed in range(30)
        ), row


def test_the_prompt_may_be_one_message_of_the_user(answering: Answering) -> None:
    answer = answering.answer(f"{DESK} Do not guess.\n\nQuestion: {AUDIO}", seed=1)
    assert answer["source"] == "help_desk"
    assert answer["text"].startswith("I do not know that")


@pytest.mark.parametrize(
    ("system", "question"),
    [
        ("You are a help desk.", RETURNS),
        ("You are the assistant of Lighthouse Books, a shop for books.", RETURNS),
        ("", "What is a help desk?"),
        ("You judge answers.", f"Question: {AUDIO}\nAnswer: Yes."),
        (JUDGE, "What do you think of it?"),
    ],
)
def test_other_prompts_are_answered_as_before(system: str, question: str, answering: Answering) -> None:
    assert ask(answering, system, question)["source"] in ("bank", "made_up")


def test_the_same_call_gets_the_same_answer_and_another_wording_another_chance(answering: Answering) -> None:
    def texts(system: str) -> list[str]:
        return [ask(answering, system, RETURNS, seed=seed)["text"] for seed in range(30)]

    assert texts(DESK) == texts(DESK)
    assert texts(DESK) != texts(DESK.replace("Answer the", "Reply to the"))


def test_header_and_journal_name_the_desk(quick: Any, simulator: Any, http: httpx.Client) -> None:
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "system", "content": DESK}, {"role": "user", "content": RETURNS}],
    }
    answer = http.post(
        f"{simulator.url}/openai/v1/chat/completions", json=body, headers={"authorization": "Bearer sim-key"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-simulated"] == "help_desk"
    assert quick.journal(limit=1)["source"].tolist() == ["help_desk"]


def test_a_huge_prompt_is_answered(answering: Answering) -> None:
    prompts = (f"{DESK} " + "promise " * 200_000, f"{JUDGE} " + "order number " * 100_000)
    said = ("Question: x\nAnswer: " + "y\n" * 200_000, '"question": "' + "\\" * 100_000, "<answer>" * 50_000)
    for system in prompts:
        for question in said:
            assert ask(answering, system, question)["source"] in ("help_desk", "judge", "made_up")
