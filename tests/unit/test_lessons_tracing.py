"""The graders of lesson 05, on a fake trace store, fake providers and example functions."""

from __future__ import annotations

import base64
import codecs
import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest
from openai.types.chat import ChatCompletion

from gateway_kit.errors import TraceMissingError
from gateway_kit.gateway import Answer, Call, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.readable import read_in
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.tracing.client import Tracing
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.observations import OBSERVATIONS
from gateway_kit.tracing.queries import Queries


class Store(Queries):
    """A trace store in memory; waiting ends at once."""

    def __init__(self) -> None:
        self.url = "http://127.0.0.1:9"
        self.tracing = Tracing(TraceConnection(self.url, "pk", "sk"), queries=self)
        self.tracing.wait_for_trace = self.wait_for_trace  # type: ignore[method-assign,assignment]
        self.rows: list[dict[str, Any]] = []

    def add(self, trace_id: str, name: str, **more: Any) -> str:
        row = {"trace_id": trace_id, "observation_id": f"o{len(self.rows)}", "name": name, "type": "SPAN"}
        self.rows.append({**row, "started": datetime.now(UTC), "tags": [], "metadata": {}, **more})
        return str(row["observation_id"])

    def observations(  # type: ignore[override]  # the filters that graders use
        self, trace_id: str | None = None, *, request_id: str | None = None, since: datetime | None = None
    ) -> pd.DataFrame:
        found = [
            row
            for row in self.rows
            if (trace_id in (None, row["trace_id"]))
            and (request_id is None or row.get("request_id") == request_id)
            and (since is None or row["started"] >= since)
        ]
        return OBSERVATIONS.frame(found)

    def wait_for_trace(
        self,
        trace_id: str | None = None,
        *,
        request_id: str | None = None,
        observations: int = 1,
        timeout_s: float = 30.0,
    ) -> pd.DataFrame:
        found = self.observations(trace_id, request_id=request_id)
        if len(found) < observations:
            raise TraceMissingError(f"too few after {timeout_s} s")
        return found


class Desk:
    """A fake gateway, providers and trace store; `ask` records a call in each as a real call does."""

    def __init__(self) -> None:
        self.store = Store()
        self.gateway = Gateway(
            Connection("http://gateway.test", "sk-key"), transport=httpx.MockTransport(_no)
        )
        self.gateway.tracing = self.store.tracing
        self.gateway.providers = Providers(
            "http://providers.test", transport=httpx.MockTransport(self._journal)
        )
        self.prompts: list[str] = []
        self._numbers = itertools.count()

    def _journal(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/_sim/journal"
        return httpx.Response(200, json={"rows": [{"prompt": prompt} for prompt in self.prompts]})

    def ask(self, prompt: str, *, traced: bool = True, trace_id: str = "", **more: Any) -> Answer:
        number = next(self._numbers)
        request_id = f"call-{number}"
        self.prompts.append(prompt)
        if traced:
            told = {
                "input": {"messages": [{"role": "user", "content": prompt}]},
                "type": "GENERATION",
                **more,
            }
            self.store.add(trace_id or f"t{number}", "litellm", request_id=request_id, **told)
        call = Call(datetime.now(UTC), "chat", request_id=request_id)
        for record in (self.gateway.calls, *self.gateway.calls.open_parts()):
            record.add(call)
        return Answer("Any prose will do.", call, ChatCompletion.model_construct(choices=[]))

    def grade_track(self, track: object) -> CheckResult:
        return check("05.1", {"gateway": self.gateway, "track": track})

    def grade_discreet(self, discreet: object) -> CheckResult:
        return check("05.2", {"gateway": self.gateway, "discreet": discreet})


MASKED = "What is a virtual key? [reply to <email>]"
NUMBERS = itertools.count()


def _no(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"a grader asked {request.url}")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


def tracks(
    desk: Desk, span: Any = (True, True), call: Any = (True, True), **more: Any
) -> Callable[..., Answer]:
    """A learner's `track`, whose span and call have (user, session) or not."""

    def track(question: str, user: str, session: str) -> Answer:
        def who(knows: tuple[bool, bool]) -> dict[str, Any]:
            return {"user": user if knows[0] else None, "session": session if knows[1] else None}

        above = desk.store.add("t", "track", **who(span))
        return desk.ask(question, **{"trace_id": "t", "parent_id": above, **who(call), **more})

    return track


def test_a_call_under_a_span_of_the_application_passes(desk: Desk) -> None:
    result = desk.grade_track(tracks(desk))
    assert result.passed, repr(result)


def test_a_span_between_passes_too(desk: Desk) -> None:
    def track(question: str, user: str, session: str) -> Answer:
        who = {"user": user, "session": session}
        root = desk.store.add("t", "desk", **who)
        return desk.ask(
            question, trace_id="t", parent_id=desk.store.add("t", "in", parent_id=root, **who), **who
        )

    assert desk.grade_track(track).passed


UNDER = "the gateway's call is under a span of your own"


@pytest.mark.parametrize(
    ("made", "criteria"),
    [
        ({"trace_id": "another", "parent_id": None}, [UNDER]),
        ({"parent_id": None}, [UNDER]),
        ({"parent_id": "from-nowhere"}, [UNDER]),
        ({"span": (False, True)}, ["your span `track` has the user"]),
        ({"span": (True, False)}, ["your span `track` has the session"]),
        ({"call": (False, True)}, ["the gateway's call has the user"]),
        ({"call": (True, False)}, ["the gateway's call has the session"]),
        ({"user": "somebody"}, ["the gateway's call has the user"]),
        ({"input": "What is a virtual key?"}, ["the question in the trace is the one that was given"]),
        ({"traced": False}, ["the trace store has the call"]),
    ],
)
def test_another_trace_fails_its_criteria(desk: Desk, made: dict[str, Any], criteria: list[str]) -> None:
    assert missing(desk.grade_track(tracks(desk, **made))) == criteria


def test_a_call_above_the_call_is_not_a_span_of_the_application(desk: Desk) -> None:
    def track(question: str, user: str, session: str) -> Answer:
        who = {"user": user, "session": session, "trace_id": "t"}
        desk.ask(question, **who)
        return desk.ask(question, parent_id="o0", **who)

    assert UNDER in missing(desk.grade_track(track))


def test_a_second_call_is_one_too_many(desk: Desk) -> None:
    def track(question: str, user: str, session: str) -> Answer:
        desk.ask(question)
        return tracks(desk)(question, user, session)

    result = desk.grade_track(track)
    assert missing(result) == ["it asks the gateway once"]
    assert "2 calls for 1 visit" in repr(result)


def test_user_and_session_are_new_each_time(desk: Desk) -> None:
    seen: list[tuple[str, ...]] = []

    def track(*given: str) -> Answer:
        seen.append(given)
        return tracks(desk)(*given)

    desk.grade_track(track)
    desk.grade_track(track)
    assert all(len(set(values)) == 2 for values in zip(*seen, strict=True))


def pseudonym(customer: str) -> str:
    return hashlib.sha256(customer.encode()).hexdigest()[:12]


def discreets(desk: Desk, *, span: Any = MASKED, user: Any = pseudonym, **call: Any) -> Callable[..., Any]:
    """A learner's `discreet`; `span` is its own span's input, "" for the question, None for no span.

    `user` makes a user of a customer.
    """

    def discreet(question: str, customer: str) -> Answer:
        trace_id = f"t-{len(desk.prompts)}"
        above = {}
        if span is not None:
            above = {"parent_id": desk.store.add(trace_id, "discreet", input=span or question)}
        known = user(customer)
        told = {
            "input": "redacted-by-litellm",
            "user": None if known is None else str(known),
            **above,
            **call,
        }
        return desk.ask(question, trace_id=trace_id, **told)

    return discreet


def test_masks_on_both_sides_and_a_pseudonym_pass(desk: Desk) -> None:
    result = desk.grade_discreet(discreets(desk))
    assert result.passed, repr(result)


LEAK, TOLD = "the address is nowhere in the trace store", "a span of your own has the question as its input"
WHO = "the gateway's call has a user: the same one for the same customer, another one for another"


@pytest.mark.parametrize(
    ("made", "criteria"),
    [
        ({"span": ""}, [LEAK]),
        ({"span": None}, [TOLD]),
        ({"span": "<masked>"}, [TOLD]),
        ({"output": "I shall write to other-"}, []),
        ({"traced": False}, ["the trace store has the call"]),
        ({"user": lambda customer: customer}, [LEAK]),
        ({"user": lambda customer: None}, [WHO]),
        ({"user": lambda customer: "somebody"}, [WHO]),
        ({"user": lambda customer: next(NUMBERS)}, [WHO]),
        ({"user": lambda customer: base64.b64encode(customer.encode()).decode()}, [LEAK]),
        ({"user": lambda customer: customer.partition("@")[0]}, [LEAK]),
        ({"user": lambda customer: customer.replace("@", " at ")}, [LEAK]),
    ],
)
def test_an_incomplete_mask_fails_its_criteria(desk: Desk, made: dict[str, Any], criteria: list[str]) -> None:
    assert missing(desk.grade_discreet(discreets(desk, **made))) == criteria


@pytest.mark.parametrize(
    "where", ["input", "output", "metadata", "status_message", "name", "trace_name", "tags"]
)
def test_an_address_is_found_wherever_it_leaks(desk: Desk, where: str) -> None:
    def discreet(question: str, customer: str) -> Answer:
        told = {"metadata": {"asked": question}, "tags": [question]}.get(where, question)
        desk.store.add("another trace", "leaky")
        desk.store.rows[-1][where] = told
        return discreets(desk)(question, customer)

    result = desk.grade_discreet(discreet)
    assert missing(result) == [LEAK]
    assert f"{where} of `" in repr(result)


@pytest.mark.parametrize(
    ("form", "how"),
    [
        (lambda text: text, "plain"),
        (str.upper, "plain"),
        (lambda text: text.replace("@", "_at_").replace(".", "-"), "plain"),
        (lambda text: base64.b64encode(text.encode()).decode(), "in base64"),
        (lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), "in base64"),
        (lambda text: base64.b32encode(text.encode()).decode(), "in base32"),
        (lambda text: text.encode().hex(), "in hexadecimal"),
        (lambda text: text[::-1], "backwards"),
        (lambda text: codecs.encode(text, "rot13"), "in rot13"),
        (pseudonym, ""),
        (lambda text: "<email>", ""),
        (lambda text: str(abs(hash(text))), ""),
    ],
)
def test_an_address_is_read_in_forms_that_can_be_turned_back(form: Callable[[str], str], how: str) -> None:
    for text in ("ann.lee@example.com", "ann.lee"):
        assert read_in(f"for {form(text)}, say", "ann.lee@example.com") == how


def test_a_question_that_is_cut_before_the_call_fails(desk: Desk) -> None:
    result = desk.grade_discreet(
        lambda question, customer: discreets(desk)(question.partition(" [")[0], customer)
    )
    assert missing(result) == ["the provider got the question with the address in it"]


def _fails(*_: str) -> Any:
    raise ValueError("a learner's own mistake")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "nothing"),
        ("text", "'text'"),
        (_fails, "ValueError: a learner's own mistake"),
        (lambda *_: "a text", "a text"),
    ],
)
def test_a_function_without_an_answer_fails(desk: Desk, function: object, message: str) -> None:
    for result in (desk.grade_track(function), desk.grade_discreet(function)):
        assert not result.passed
        assert message in repr(result)


def test_without_a_trace_store_the_grader_says_so() -> None:
    assert missing(check("05.1", {"track": print, "gateway": json})) == ["`gateway` is set (Gateway)"]
    alone = Gateway(Connection("http://gateway.test", "sk-key"), transport=httpx.MockTransport(_no))
    assert "LANGFUSE_HOST is not set" in repr(check("05.1", {"track": print, "gateway": alone}))
