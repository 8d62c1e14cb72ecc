"""The grader of exercise 06.1, on a gateway, a cache, a spend log and a journal that are made up."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import httpx
import pytest

from gateway_kit.gateway import Answer, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import check, cost_and_latency
from gateway_kit.lessons.bookshop import MANUAL, ORDER_SIGNS, SHORT, STRONG, shop_traffic
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.litellm_api.connection import Connection

# US dollars per million tokens read and written, and seconds for a token written; "at-home" is no provider's.
PRICES = {STRONG: (1.0, 5.0), "gpt-4o-mini": (0.15, 0.6), "bedrock-nova-micro": (0.035, 0.14)}
PRICES |= {"snail": (0.0, 0.0), "at-home": (0.0, 0.0)}
PACES_S = {STRONG: 0.005, "gpt-4o-mini": 0.004, "bedrock-nova-micro": 0.001, "snail": 0.0048}
LONG_ANSWER, SHORT_ANSWER = 200, 30


class Shop:
    """A gateway whose answers cost and last what their tokens do; `journal` is what reached a provider."""

    def __init__(self) -> None:
        self.journal: list[dict[str, Any]] = []
        self.slow_s = 0.0  # of what is no provider's
        self.spend: dict[str, float] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count()
        self.gateway = Gateway(
            Connection("http://gateway.test", "sk-key", "sk-master"),
            transport=httpx.MockTransport(self._handle),
        )
        self.gateway.providers = Providers(
            "http://providers.test", transport=httpx.MockTransport(self._control)
        )
        self.variables: dict[str, Any] = {
            "gateway": self.gateway,
            "messages": messages,
            "MANUAL": MANUAL,
            "SHORT": SHORT,
            "STRONG": STRONG,
            "run": "06-test",
        }

    def _control(self, request: httpx.Request) -> httpx.Response:
        since = float(request.url.params["since"])
        return httpx.Response(200, json={"rows": [row for row in self.journal if row["ts"] >= since]})

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/spend/logs":
            return self._spent(request.url.params["request_id"])
        assert request.url.path == "/v1/chat/completions"
        body = json.loads(request.content)
        call_id, cache = f"call-{next(self._numbers)}", body.pop("cache", {})
        headers = {"x-litellm-call-id": call_id, "x-litellm-model-name": f"provider/{body['model']}"}
        key = json.dumps([cache.get("namespace"), body])
        kept = self._kept.get(key)
        if kept and "no-cache" not in cache:
            self.spend[call_id] = 0.0
            return httpx.Response(200, json=kept, headers={**headers, "x-litellm-cache-key": key})
        answer, cost_usd = self._ask(body)
        if "no-store" not in cache:
            self._kept[key] = answer
        self.spend[call_id] = cost_usd
        return httpx.Response(200, json=answer, headers={**headers, "x-litellm-response-cost": str(cost_usd)})

    def _ask(self, body: dict[str, Any]) -> tuple[dict[str, Any], float]:
        asked, model = body["messages"][-1]["content"], body["model"]
        read = sum(len(message["content"].split()) for message in body["messages"])
        wanted = LONG_ANSWER if "story" in asked else SHORT_ANSWER
        written = min(wanted, body.get("max_tokens", wanted))
        if model in PACES_S:
            self.journal.append({"model": model, "prompt": asked, "prompt_tokens": read, "ts": time.time(),
                                 "latency_s": written * PACES_S[model]})  # fmt: skip
        else:
            time.sleep(self.slow_s)
        choice = {
            "index": 0,
            "finish_reason": "length" if written < wanted else "stop",
            "message": {"role": "assistant", "content": "Any prose will do."},
        }
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        answer = {"id": f"answer-{next(self._numbers)}", "object": "chat.completion", "created": 1,
                  "model": model, "choices": [choice], "usage": usage}  # fmt: skip
        per_read, per_written = PRICES[model]
        return answer, (read * per_read + written * per_written) / 1e6

    def _spent(self, call_id: str) -> httpx.Response:
        at = "2026-01-01T00:00:00Z"
        entry = {"request_id": call_id, "litellm_call_id": call_id, "call_type": "acompletion",
                 "startTime": at, "endTime": at, "spend": self.spend[call_id]}  # fmt: skip
        return httpx.Response(200, json=[entry])


def messages(system: str, question: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.gateway.close()


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


def test_the_solution_passes_and_passes_again(shop: Shop) -> None:
    exec(solved_code("06.1"), shop.variables)
    for _ in range(3):
        assert missing(check("06.1", shop.variables)) == []


ANSWERS = "it answers 20 requests of an unseen day"
ANEW = "every answer comes from the gateway: from a provider or from its cache"
ORDERS = f"every order reaches `{STRONG}`, with the whole manual"
STORIES = "every issue gets a story of its own"
WORDS = "every question and every issue is asked in the reader's words"
WHOLE, BILL = "no answer is cut short", "the bill is at most 25% of what it was"
SLOWEST = "p95 of the time at the provider falls by a tenth or more"


def is_order(question: str) -> bool:
    return any(
        f" {sign} " in question and question.split(sign)[1][1:2].isdigit() for sign in ("*", "x", "times")
    )


def assistants(
    *,
    order: str = STRONG,
    order_system: str = MANUAL,
    story: str = "bedrock-nova-micro",
    hard: Callable[[str], bool] = is_order,
    put: Callable[[str], str] = str,
    put_order: Callable[[str], str] = str,
    **params: Any,
) -> Callable[[Gateway], Callable[[str], Any]]:
    """A learner's `assistant`: which questions go to which model, and what becomes of them on the way."""

    def make(gateway: Gateway) -> Callable[[str], Any]:
        def assistant(question: str) -> Any:
            if hard(question):
                return gateway.ask(messages(order_system, put_order(question)), order)
            model = story if "story" in question else "gpt-4o-mini"
            return gateway.ask(messages("Be brief.", put(question)), model, **params)

        return assistant

    return make


def keeps_them_itself(gateway: Gateway) -> Callable[[str], Any]:
    inner, kept = assistants()(gateway), {}

    def assistant(question: str) -> Answer:
        if question not in kept:
            kept[question] = inner(question)
        return kept[question]

    return assistant


def without_its_issue(question: str) -> str:
    return question.partition(" [issue")[0].replace("Write a long", "Tell me a")


def cached(namespace: str) -> dict[str, Any]:
    return {"extra_body": {"cache": {"namespace": namespace}}}


# What a learner may write, and the criteria that are not met.
SOLUTIONS: dict[str, tuple[Callable[[Gateway], Callable[[str], Any]], list[str]]] = {
    "right: two cheap models": (assistants(), []),
    "right: with a cache": (assistants(**cached("06-test")), []),
    "right: questions without capital letters, for the cache": (assistants(put=str.lower, **cached("06-test")), []),
    "right: with a greeting before": (assistants(put_order=lambda q: f"Please: {q}", put=lambda q: f"Hello. {q}"), []),
    "right: orders are what is no story and no question": (
        assistants(hard=lambda q: ("story" not in q and not q.startswith(("How do", "Who")) and "?" not in q)
                   or is_order(q)), [],
    ),
    "right: two numbers make an order": (assistants(hard=lambda q: len(re.findall(r"\d+(?:\.\d+)?", q)) > 1), []),
    "right: everything but orders to the cheapest": (assistants(story="gpt-4o-mini"), []),
    "as it was": (assistants(hard=lambda question: True), [BILL, SLOWEST]),
    "a digit makes an order": (assistants(hard=lambda q: any(c.isdigit() for c in q)), [BILL, SLOWEST]),
    "stories by the strong model": (assistants(story=STRONG), [BILL, SLOWEST]),
    "orders by a small model": (assistants(order="gpt-4o-mini"), [ORDERS]),
    "orders without the manual": (assistants(order_system="Be brief."), [ORDERS]),
    "orders with a star only": (assistants(hard=lambda question: "*" in question), [ORDERS]),
    "orders in other words": (assistants(put_order=lambda q: q.replace("times", "*").replace("x", "*")), [ORDERS]),
    "a slow model for stories": (assistants(story="snail"), [SLOWEST]),
    "cut short": (assistants(max_tokens=20), [WHOLE]),
    "one story for all issues": (assistants(put=without_its_issue), [WORDS, STORIES]),
    "say ok instead": (assistants(put=lambda question: "Say ok"), [WORDS, STORIES]),
    "say ok instead, each time anew": (
        assistants(put=lambda question: "Say ok", extra_body={"cache": {"no-cache": True}}), [WORDS],
    ),
    "say ok to questions alone": (assistants(put=lambda q: q if "story" in q else "Say ok"), [WORDS]),
    "keeps answers itself": (keeps_them_itself, [ANEW]),
}  # fmt: skip


@pytest.mark.parametrize("name", SOLUTIONS)
def test_right_assistants_pass_and_wrong_ones_are_told_what_is_missing(shop: Shop, name: str) -> None:
    make, criteria = SOLUTIONS[name]
    shop.variables["assistant"] = make(shop.gateway)
    result = check("06.1", shop.variables)
    assert missing(result) == criteria, repr(result)
    assert bool(criteria) != name.startswith("right")
    assert all(criterion.found for criterion in result.criteria if not criterion.met)


def test_it_passes_whatever_was_asked_before(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests to warm up with are of the same traffic as those that count, and so are those of the lesson."""
    days = (shop_traffic(20, seed) for seed in itertools.count())
    day = next(day for day in days if all(sign in " ".join(day["question"]) for sign in ORDER_SIGNS))
    monkeypatch.setattr(cost_and_latency, "shop_traffic", lambda *_: day.copy())
    shop.variables["assistant"] = assistant = assistants()(shop.gateway)
    for question in day.loc[day["feature"] != "orders", "question"]:
        assistant(question)
    assert missing(check("06.1", shop.variables)) == []


def test_there_are_enough_solutions() -> None:
    right = [name for name in SOLUTIONS if name.startswith("right")]
    assert len(right) >= 3
    assert len(SOLUTIONS) - len(right) >= 5


def test_a_question_that_nobody_was_asked_is_named(shop: Shop) -> None:
    shop.variables["assistant"] = assistants(put=lambda question: "Say ok")(shop.gateway)
    found = next(c.found for c in check("06.1", shop.variables).criteria if c.text == WORDS)
    assert found.startswith('no model was sent "')


def test_a_model_without_journal_counts_by_its_latency(shop: Shop) -> None:
    shop.variables["assistant"] = assistants(story="at-home")(shop.gateway)
    assert missing(check("06.1", shop.variables)) == []
    shop.slow_s = 1.1  # more than a story by the strong model takes
    assert missing(check("06.1", shop.variables)) == [SLOWEST]


def test_the_bill_names_the_feature_that_costs_most(shop: Shop) -> None:
    shop.variables["assistant"] = assistants(hard=lambda question: True)(shop.gateway)
    said = next(
        criterion.found for criterion in check("06.1", shop.variables).criteria if criterion.text == BILL
    )
    assert said.endswith(("is for stories", "is for questions"))


def test_a_failed_order_says_why(shop: Shop) -> None:
    for made, said in (
        (assistants(order="gpt-4o-mini"), "was answered by gpt-4o-mini"),
        (assistants(order_system="Be brief."), "tokens; manual and question have"),
        (
            assistants(put_order=lambda q: q.replace("What is", "Say now").replace("Compute", "Tell")),
            "is not at the beginning of the last message",
        ),
    ):
        shop.variables["assistant"] = made(shop.gateway)
        found = next(c.found for c in check("06.1", shop.variables).criteria if c.text == ORDERS)
        assert said in found


def fails(_: str) -> Any:
    raise ValueError("a learner's own mistake")


@pytest.mark.parametrize(
    ("assistant", "criteria", "said"),
    [
        (None, ["`assistant` is a function"], "nothing"),
        ("text", ["`assistant` is a function"], "text"),
        (fails, [ANSWERS], "ValueError: a learner's own mistake"),
        (lambda question: question, [ANSWERS], "not an answer of gateway.ask"),
        (lambda: None, [ANSWERS], "TypeError"),
    ],
)
def test_a_function_without_answers_fails(shop: Shop, assistant: Any, criteria: list[str], said: str) -> None:
    result = check("06.1", {**shop.variables, "assistant": assistant})
    assert missing(result) == criteria
    assert said in repr(result)


def test_a_failed_request_is_reported(shop: Shop) -> None:
    inner = assistants()(shop.gateway)
    shop.variables["assistant"] = lambda question: fails(question) if "story" in question else inner(question)
    result = check("06.1", shop.variables)
    assert missing(result) == [ANSWERS]
    assert "a learner's own mistake" in repr(result)


def test_without_a_gateway_the_grader_says_so() -> None:
    result = check("06.1", {"assistant": print})
    assert missing(result) == ["`gateway` is set (Gateway)"]


def test_a_small_model_costs_about_a_seventh_as_section_7_says() -> None:
    path = resources.files("litellm") / "model_prices_and_context_window_backup.json"
    prices = json.loads(path.read_text(encoding="utf-8"))
    for kind in ("input_cost_per_token", "output_cost_per_token"):
        assert 6 <= prices[STRONG][kind] / prices["gpt-4o-mini"][kind] <= 9
