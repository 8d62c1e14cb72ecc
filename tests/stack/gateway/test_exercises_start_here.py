"""Solutions of exercise 00.1 on the real gateway, as readers write them: right ones pass, wrong ones are told why."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code

BOTH = "my_answers = {m: gateway.ask(question, m, extra_body=fresh) for m in ('claude-haiku-4-5', 'phi3')}\n"
CACHED = "for _ in range(2):\n    " + BOTH.replace(", extra_body=fresh", "")
RAW = """
messages = [{"role": "user", "content": question}]
for m in ["claude-haiku-4-5", "phi3"]:
    my_answers[m] = gateway.client.chat.completions.create(model=m, messages=messages, extra_body=extra)
    cost[m] = gateway.calls.last["cost_usd"]
"""
BY_COST = "cheaper = min(my_answers, key=lambda m: my_answers[m].call.cost_usd)"
PHI3_CHEAPER = "\ncheaper = 'phi3'"

RIGHT = {
    "the kit's own": solved_code("00.1"),
    "OpenAI's client": "my_answers, cost, extra = {}, {}, fresh" + RAW + "cheaper = min(cost, key=cost.get)",
    "messages, and another model too": """
my_answers = {m: gateway.ask([{"role": "user", "content": "Hi"}], m, extra_body=fresh) for m in
              ("phi3", "gpt-4o-mini", "claude-haiku-4-5")}
cheaper = "phi3"
""",
    "streams that were read to their end": """
my_answers = {m: gateway.stream(question, m, extra_body=fresh) for m in ("phi3", "claude-haiku-4-5")}
texts = ["".join(stream) for stream in my_answers.values()]
"""
    + BY_COST,
    "many at once": """
my_answers = {m: gateway.ask_many([question], m, extra_body=fresh)[0] for m in ("phi3", "claude-haiku-4-5")}
"""
    + BY_COST,
}  # fmt: skip

CLAUDE, PHI3 = (
    f"`my_answers[{model!r}]` is an answer of {model}, as `gateway.ask` returns it"
    for model in ("claude-haiku-4-5", "phi3")
)
CHEAPER = "`cheaper` names the model whose answer cost less"
FRESH = "'s answer is a fresh one, and was paid for"
AGAIN = "the cache had it, at a cost of 0; ask again with `extra_body=fresh`"
# Name → (the reader's code, the criterion that fails, words that the reader gets).
WRONG = {
    "one model only": (
        "my_answers = {'phi3': gateway.ask(question, 'phi3', extra_body=fresh)}" + PHI3_CHEAPER,
        CLAUDE, "nothing",
    ),
    "the dearer one": (BOTH + "cheaper = 'claude-haiku-4-5'", CHEAPER, "phi3 cost 0.0000"),
    "the cost, not the name": (
        BOTH + "cheaper = min(a.call.cost_usd for a in my_answers.values())",
        CHEAPER, "claude-haiku-4-5 cost 0.000",
    ),
    "the answer, not the name": (
        BOTH + "cheaper = my_answers['phi3']", CHEAPER, "not a name: Answer",
    ),
    "the completion, not the name": (
        BOTH + "cheaper = my_answers['phi3'].completion", CHEAPER, "not a name: ChatCompletion(id=",
    ),
    "the texts alone": (
        BOTH + "my_answers = {m: a.text for m, a in my_answers.items()}" + PHI3_CHEAPER,
        PHI3, "a text, without the call's cost; keep the whole answer",
    ),
    "mixed up": (
        BOTH + "my_answers = dict(zip(my_answers, reversed(my_answers.values())))" + PHI3_CHEAPER,
        PHI3, "an answer of claude-haiku-4-5",
    ),
    "another model under the name": (
        BOTH + "my_answers['phi3'] = gateway.ask(question, 'gpt-4o-mini', extra_body=fresh)" + PHI3_CHEAPER,
        PHI3, "an answer of gpt-4o-mini",
    ),
    "answers from the cache": (CACHED + BY_COST, "claude-haiku-4-5" + FRESH, AGAIN),
    "completions from the cache": (
        "my_answers, cost, extra = {}, {}, {}\n" + RAW + RAW + PHI3_CHEAPER, "phi3" + FRESH, AGAIN,
    ),
    "two questions": (
        BOTH + "my_answers['phi3'] = gateway.ask('Hi', 'phi3', extra_body=fresh)" + PHI3_CHEAPER,
        "both models were asked the same question", "phi3 was asked 'Hi'",
    ),
    "streams that nobody read": (
        "my_answers = {m: gateway.stream(question, m, extra_body=fresh) for m in ('claude-haiku-4-5', 'phi3')}"
        + PHI3_CHEAPER, PHI3, "a stream that was not read to its end",
    ),
    "a list": (BOTH + "my_answers = list(my_answers.values())" + PHI3_CHEAPER, "`my_answers` is set (dict)", "[Answer"),
}  # fmt: skip


@pytest.fixture
def lesson(gateway: Gateway, fresh: dict[str, Any]) -> dict[str, Any]:
    """The variables that a notebook has at the exercise, with models that answer at once."""
    gateway.providers.profile("*", ttft_s=0, tokens_per_s=10_000)
    return {"gateway": gateway, "fresh": fresh["extra_body"], "question": "What is an LLM gateway?"}


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT)
def test_a_right_solution_passes(lesson: dict[str, Any], code: str) -> None:
    exec(code, lesson)
    result = check("00.1", lesson)
    assert result.passed, repr(result)


@pytest.mark.parametrize(("code", "criterion", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_solution_is_told_what_is_missing(
    lesson: dict[str, Any], code: str, criterion: str, words: str
) -> None:
    exec(code, lesson)
    unmet = {c.text: c.found for c in check("00.1", lesson).criteria if not c.met}
    assert words in unmet[criterion]
