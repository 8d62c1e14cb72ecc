"""Lesson 05 on the real gateway and trace store: solutions as learners write them, and what its text says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway_kit import mask_personal_data, observe, propagate_attributes
from gateway_kit.gateway import Gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.lessons.traced_desk import HelpDesk
from gateway_kit.tracing.client import connect_tracing

# What the learner's cell may use besides the notebook's variables.
BEFORE = """
import base64, hashlib, hmac
def digest(text): return hmac.new(b"a secret", text.encode(), "sha256").hexdigest()[:12]
def under(**more): return {**fresh, "metadata": tracing.gateway_metadata(**more)}
BOTH = {"mask_input": True, "mask_output": True}
"""

# Exercise → name → code.
RIGHT: Mapping[str, Mapping[str, str]] = {
    "05.1": {
        "who outside of the span": """
@observe
def inner(question): return gateway.ask(question, extra_body=under())
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session):
        return inner(question)""",
        "a span by hand, with names and tags": """
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session, tags=["mine"], trace_name="mine"):
        with tracing.client.start_as_current_observation(name="mine"):
            return gateway.ask(question, extra_body=under(generation_name="call"))""",
        "two spans above the call": """
@observe
def inner(question): return gateway.ask(question, extra_body=under())
@observe(name="desk", as_type="agent")
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session):
        return inner(question)""",
    },
    "05.2": {
        "a secret digest": """
tracing.mask = mask_personal_data
@observe
def discreet(question, customer):
    with propagate_attributes(user_id=digest(customer)):
        return gateway.ask(question, extra_body=under(**BOTH))""",
        "an input of its own instead of a mask": """
tracing.mask = None
@observe(capture_input=False, capture_output=False)
def discreet(question, customer):
    tracing.client.update_current_span(input=question.replace(customer, "a customer"))
    with propagate_attributes(user_id=digest(customer)):
        return gateway.ask(question, extra_body=under(**BOTH))""",
        "a numbered customer": """
tracing.mask = mask_personal_data
customers = {}
def number(customer): return f"customer-{customers.setdefault(customer, len(customers))}"
@observe
def discreet(question, customer):
    with propagate_attributes(user_id=number(customer)):
        return gateway.ask(question, extra_body=under(**BOTH))""",
    },
}

# As in the lesson's first code cell.
QUESTIONS = [
    "How do I reset my password?",
    "What is a rate limit?",
    "What is a cache hit?",
    "Who wrote Romeo and Juliet?",
]

ANSWER_1 = "`track(question, user, session)` returns an answer"
ANSWER_2 = "`discreet(question, customer)` returns an answer"
ONCE, EACH_ONCE = "it asks the gateway once", "each visit asks the gateway once"
UNDER = "the gateway's call is under a span of your own"
LEAK = "the address is nowhere in the trace store"
USER = "the gateway's call has a user: the same one for the same customer, another one for another"

MASKED = "tracing.mask = mask_personal_data\n@observe\ndef discreet(question, customer):\n"

# Exercise → name → (code, the criterion that fails first, words of what the learner sees).
WRONG: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "05.1": {
        "as it was": (
            "def track(question, user, session): return gateway.ask(question, extra_body=fresh)",
            UNDER,
            "none of them above it",
        ),
        "asks twice": (
            """
@observe
def track(question, user, session):
    gateway.ask(question, extra_body=fresh)
    with propagate_attributes(user_id=user, session_id=session):
        return gateway.ask(question, extra_body=under())""",
            ONCE,
            "2 calls for 1 visit",
        ),
        "not told to the gateway": (
            """
@observe
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session):
        return gateway.ask(question, extra_body=fresh)""",
            UNDER,
            "none of them above it",
        ),
        "told too early": (
            """
@observe
def track(question, user, session):
    told = under()
    with propagate_attributes(user_id=user, session_id=session):
        return gateway.ask(question, extra_body=told)""",
            "the gateway's call has the user",
            "none",
        ),
        "no session": (
            """
@observe
def track(question, user, session):
    with propagate_attributes(user_id=user):
        return gateway.ask(question, extra_body=under())""",
            "the gateway's call has the session",
            "none",
        ),
        "another question": (
            """
@observe
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session):
        return gateway.ask("What is a virtual key?", extra_body=under())""",
            "the question in the trace is the one that was given",
            "What is a virtual key?",
        ),
        "the text alone": (
            "def track(question, user, session): return gateway.ask(question, extra_body=fresh).text",
            ANSWER_1,
            "not an answer of gateway.ask",
        ),
    },
    "05.2": {
        "as it was": (
            """
tracing.mask = None
@observe
def discreet(question, customer):
    with propagate_attributes(user_id=customer):
        return gateway.ask(question, extra_body=under())""",
            LEAK,
            "user of `discreet`",
        ),
        "base64": (
            MASKED
            + """
    with propagate_attributes(user_id=base64.b64encode(customer.encode()).decode()):
        return gateway.ask(question, extra_body=under(**BOTH))""",
            LEAK,
            "user of `discreet`, in base64",
        ),
        "the name in the address": (
            MASKED
            + """
    with propagate_attributes(user_id=customer.split("@")[0]):
        return gateway.ask(question, extra_body=under(**BOTH))""",
            LEAK,
            "user of `discreet`",
        ),
        "the SDK's mask alone": (
            MASKED
            + """
    with propagate_attributes(user_id=digest(customer)):
        return gateway.ask(question, extra_body=under())""",
            LEAK,
            "input of `litellm",
        ),
        "Python's hash": (
            MASKED
            + """
    with propagate_attributes(user_id=str(hash(customer))):
        return gateway.ask(question, extra_body=under(**BOTH))""",
            USER,
            "in another process",
        ),
        "one user for all": (
            MASKED
            + """
    with propagate_attributes(user_id="customer"):
        return gateway.ask(question, extra_body=under(**BOTH))""",
            USER,
            "customer for another",
        ),
        "no user": (MASKED + "    return gateway.ask(question, extra_body=under(**BOTH))", USER, "none"),
        "the question is cut": (
            MASKED
            + """
    with propagate_attributes(user_id=digest(customer)):
        return gateway.ask(question.split(" [")[0], extra_body=under(**BOTH))""",
            "the provider got the question with the address in it",
            "no such prompt arrived",
        ),
        "asks twice": (
            MASKED
            + """
    gateway.ask("What is a virtual key?", extra_body=under(**BOTH))
    with propagate_attributes(user_id=digest(customer)):
        return gateway.ask(question, extra_body=under(**BOTH))""",
            EACH_ONCE,
            "6 calls for 3 visits",
        ),
        "no answer": (
            "def discreet(question, customer): gateway.ask(question, extra_body=fresh)",
            ANSWER_2,
            "None, not an answer of gateway.ask",
        ),
    },
}


@pytest.fixture
def lesson(gateway: Gateway, stack_env: dict[str, str], fresh: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The variables that a notebook has at the exercises."""
    with connect_tracing(stack_env) as tracing:
        gateway.tracing = tracing
        variables = {"gateway": gateway, "tracing": tracing, "fresh": fresh["extra_body"], "observe": observe}
        variables |= {
            "propagate_attributes": propagate_attributes,
            "mask_personal_data": mask_personal_data,
        }
        exec(BEFORE, variables)
        yield variables
        tracing.mask = None


@pytest.mark.parametrize("name", ["05.1", "05.2"])
def test_the_solutions_pass_and_pass_again(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    for _ in range(2):
        result = check(name, lesson)
        assert result.passed, repr(result)


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in RIGHT for kind in RIGHT[name]])
def test_other_right_solutions_pass(lesson: dict[str, Any], name: str, kind: str) -> None:
    exec(RIGHT[name][kind], lesson)
    result = check(name, lesson)
    assert result.passed, repr(result)


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in WRONG for kind in WRONG[name]])
def test_a_wrong_solution_is_told_what_is_missing(lesson: dict[str, Any], name: str, kind: str) -> None:
    code, criterion, words = WRONG[name][kind]
    exec(code, lesson)
    result = check(name, lesson)
    unmet = [one for one in result.criteria if not one.met]
    assert unmet, repr(result)
    assert (unmet[0].text, words in unmet[0].found) == (criterion, True), repr(result)


def test_what_the_lesson_says_of_its_visits_is_so(gateway: Gateway, lesson: dict[str, Any]) -> None:
    tracing, desk = lesson["tracing"], HelpDesk(gateway, "gpt-4o-mini", "claude-haiku-4-5")
    visitors = list(zip(["ann", "ann", "ben", "eva"], QUESTIONS, strict=True))
    day = desk.day(visitors)
    assert tracing.traces(tag=desk.tag)["observations"].tolist() == [5] * 4
    assert set(tracing.cost_and_latency("user", tag=desk.tag)["user"]) == {"ann", "ben", "eva"}

    cost_usd = tracing.cost_and_latency("name", tag=desk.tag).set_index("name")["cost_usd"]
    assert cost_usd["review"] > 3 * (cost_usd["draft"] + cost_usd["embed"])  # "several times as much"

    likeness = {}
    for trace_id, question in day.items():
        said = tracing.observations(trace_id).set_index("name")["output"]
        vectors = gateway.embed([said["find_note"], said["help_desk"]])
        likeness[question] = vectors[0] @ vectors[1]
    assert min(likeness, key=lambda question: likeness[question]) == "Who wrote Romeo and Juliet?"
