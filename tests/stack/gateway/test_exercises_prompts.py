"""Solutions of lesson 07's exercises as learners write them, on the real gateway and trace store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.help_desk import CALIBRATED_RUBRIC, HOUSE_RULES, desk_questions
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.tracing.client import connect_tracing

JUDGE = "You judge answers of the help desk of Lighthouse Books. Say PASS or FAIL, then why.\n"
BASE = f"You are the help desk of Lighthouse Books. Answer the customer's question by the house rules.\n{HOUSE_RULES}"
CAREFUL = f"""{BASE}
State every condition that applies. Never promise anything. If the house rules do not answer a question, do not guess.
Answer in the customer's language."""
# The versions of the lesson's prompt, in their order.
TEXTS = (
    BASE,
    f"{BASE}\nBe friendly and brief.",
    CAREFUL,
    f"{CAREFUL}\nAlso ask for the order number.",
    f"{CAREFUL}\nAsk for the order number, but only if the question is about one order.",
    f"{BASE}\nNever promise anything.",
)

RIGHT_RUBRICS = {
    "the colleagues'": CALIBRATED_RUBRIC,
    "in prose": JUDGE
    + "Everything must be correct and complete with its conditions, without a promise, in the language of the "
    "question. An order number is asked for if the question is about one order, and never needlessly. Nothing may be "
    "invented, and nothing that is known may be passed on. Ignore tone.",
    "in the grader's words": JUDGE
    + "FAIL answers that are incomplete, have a needless order number, or no order number where it is needed; "
    "promises, inventions, another language, wrong facts, and giving up where the rules have the answer. Ignore tone.",
    "in short": JUDGE
    + "FAIL if a condition is missing, if it promises something, if the order number was not asked for, or is "
    "asked for without need, if the language is wrong, if it makes things up. Ignore tone.",
    "as questions": JUDGE
    + "Are the facts right? Is a condition missing? Does it promise anything? Does it ask for the order number where "
    "that is needed, and only there? Is it in the customer's language? Is anything invented or made up, or passed on "
    "without need? The style does not matter, so ignore the greeting.",
}
KAPPA = "on 48 new answers, its kappa with colleagues is at least 0.75"
FIRST = "the judge begins each verdict with PASS or FAIL"
WRONG_RUBRICS = {
    "the poor one": (JUDGE, KAPPA, "no condition"),
    "facts alone": (JUDGE + "Check the facts.", KAPPA, "it accepts answers with"),
    "no order numbers": (
        CALIBRATED_RUBRIC.replace("that does not ask for the order number", "").replace(
            "order number", "thing"
        ),
        KAPPA,
        "order number",
    ),
    "harsh on tone": (CALIBRATED_RUBRIC.split("- to a question")[0], KAPPA, "`Simulated verdict: it is curt"),
    "no judge": ("You are friendly.", FIRST, "Simulated"),
    "good or bad": (CALIBRATED_RUBRIC.replace("Say PASS or FAIL", "Say GOOD or BAD"), FIRST, "Simulated"),
    "another shop": (CALIBRATED_RUBRIC.replace("Lighthouse Books", "a shop"), FIRST, "begin the rubric with"),
}


MARKED = """
def promote(name, version):
    old = current(name)
    if old is not None: langfuse.update_prompt(name=name, version=old, new_labels=["previous"])
    langfuse.update_prompt(name=name, version=version, new_labels=["production"])
def roll_back(name):
    before = langfuse.get_prompt(name, label="previous", cache_ttl_seconds=0).version
    langfuse.update_prompt(name=name, version=before, new_labels=["production"])
"""
PROMOTE = MARKED.split("def roll_back")[0]
RIGHT_WAYS_BACK = {
    "a label": MARKED,
    "a list": """
history = {}
def promote(name, version):
    history.setdefault(name, []).append(version)
    langfuse.update_prompt(name=name, version=version, new_labels=["production"])
def roll_back(name):
    history[name].pop()
    langfuse.update_prompt(name=name, version=history[name][-1], new_labels=["production"])
""",
    "the version that is asked for first": """
before = {}
def promote(name, version):
    before[name] = current(name)
    langfuse.api.prompt_version.update(name, version, new_labels=["production"])
def roll_back(name):
    langfuse.api.prompt_version.update(name, before[name], new_labels=["production"])
""",
}
BACK = "`roll_back(name)` takes the application back: after the promotions of 1, 3 and 4, to version 3"
KEPT = "no version was added or lost"
WRONG_WAYS_BACK = {
    "the number before": (
        "def promote(name, version): langfuse.update_prompt(name=name, version=version, new_labels=['production'])\n"
        "def roll_back(name): langfuse.update_prompt(name=name, version=2, new_labels=['production'])",
        BACK,
        "Text 2",
    ),
    "the newest": (
        PROMOTE
        + "def roll_back(name): langfuse.update_prompt(name=name, version=5, new_labels=['production'])",
        BACK,
        "Text 5",
    ),
    "nothing happens": (PROMOTE + "def roll_back(name): pass", BACK, "Text 4"),
    "an error": (PROMOTE + "def roll_back(name): raise KeyError(name)", BACK, "KeyError"),
    "a copy": (
        PROMOTE
        + """
def roll_back(name):
    old = langfuse.get_prompt(name, label="previous", cache_ttl_seconds=0)
    langfuse.create_prompt(name=name, prompt=old.prompt, labels=["production"])""",
        KEPT,
        "6]",
    ),
    "the bad one deleted": (
        MARKED + "    langfuse.api.prompts.delete(name, version=4)",
        KEPT,
        "[1, 2, 3, 5]",
    ),
    "another label": (
        MARKED.replace('new_labels=["production"])\ndef', 'new_labels=["live"])\ndef'),
        "`promote(name, version)` puts a version into production",
        "NotFoundError",
    ),
}
BETTER, WORSE = "on the whole it is better than version 1", "for {} it is worse"
WRONG_SPOTS = {
    "no such version": (
        "better, worse_for = 9, 'delivery'",
        "`better` is a version of {desk} after the first",
        "9, not one of",
    ),
    "version 1 itself": (
        "better, worse_for = 1, 'delivery'",
        "`better` is a version of {desk} after the first",
        "1, not",
    ),
    "no such kind": (
        "better, worse_for = 4, 'shipping'",
        "`worse_for` is a kind of question",
        "'shipping', not one of",
    ),
    "not tried": (
        "better, worse_for = 6, 'delivery'",
        "you have run an experiment with it",
        "0 answers of version 6",
    ),
    "better everywhere": ("better, worse_for = 5, 'delivery'", WORSE.format("delivery"), "before"),
    "another kind": ("better, worse_for = 4, 'damaged'", WORSE.format("damaged"), "before"),
}


@pytest.fixture(scope="module")
def desk(stack_env: dict[str, str], at_once: None) -> Iterator[str]:
    """The lesson's prompt with six versions, of which 3, 4 and 5 have answered questions."""
    name = f"07-test-{uuid.uuid4().hex[:8]}"
    with connect_tracing(stack_env) as tracing:
        client = tracing.client
        for text in TEXTS:
            messages = [{"role": "system", "content": text}, {"role": "user", "content": "{{question}}"}]
            client.create_prompt(name=name, type="chat", prompt=messages)
        for version in (3, 4, 5):
            prompt = client.get_prompt(name, type="chat", version=version)
            for _ in desk_questions()["kind"].unique():
                with client.start_as_current_observation(as_type="generation", name="answer", prompt=prompt):
                    pass
    yield name
    with connect_tracing(stack_env) as tracing:
        tracing.client.api.prompts.delete(name)


@pytest.fixture
def lesson(gateway: Gateway, stack_env: dict[str, str], desk: str) -> dict[str, Any]:
    """The variables that a notebook has at the exercises."""
    gateway.tracing = connect_tracing(stack_env)  # which the gateway closes
    langfuse = gateway.tracing.client

    def current(name: str) -> int | None:
        rows = gateway.tracing.evaluation.prompt_versions(name)
        live = [int(row.version) for row in rows.itertuples() if "production" in row.labels]
        return live[0] if live else None

    return {
        "gateway": gateway, "judge_model": "claude-haiku-4-5", "desk": desk, "langfuse": langfuse, "current": current,
        "candidates": [4, 5, 6], "experiment": lambda version: version,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["07.1", "07.2", "07.3"])
def test_the_solutions_pass_and_pass_again(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    for _ in range(2):
        result = check(name, lesson)
        assert result.passed, repr(result)


@pytest.mark.parametrize("kind", RIGHT_RUBRICS)
def test_other_rubrics_pass(lesson: dict[str, Any], kind: str) -> None:
    result = check("07.1", {**lesson, "rubric": RIGHT_RUBRICS[kind]})
    assert result.passed, repr(result)


@pytest.mark.parametrize("kind", RIGHT_WAYS_BACK)
def test_other_ways_back_pass(lesson: dict[str, Any], kind: str) -> None:
    exec(RIGHT_WAYS_BACK[kind], lesson)
    result = check("07.3", lesson)
    assert result.passed, repr(result)


WRONG = {
    **{("07.1", kind): (f"rubric = {text!r}", *rest) for kind, (text, *rest) in WRONG_RUBRICS.items()},
    **{("07.2", kind): solution for kind, solution in WRONG_SPOTS.items()},
    **{("07.3", kind): solution for kind, solution in WRONG_WAYS_BACK.items()},
}


@pytest.mark.parametrize(("name", "kind"), WRONG)
def test_a_wrong_solution_is_told_what_is_missing(lesson: dict[str, Any], name: str, kind: str) -> None:
    code, criterion, words = WRONG[name, kind]
    exec(code, lesson)
    result = check(name, lesson)
    unmet = [one for one in result.criteria if not one.met]
    assert unmet, repr(result)
    assert (unmet[0].text, words in unmet[0].found) == (criterion.format(desk=lesson["desk"]), True), repr(
        result
    )
