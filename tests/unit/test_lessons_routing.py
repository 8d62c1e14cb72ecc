"""The graders of lesson 01, on a gateway, providers and functions that are made up."""

from __future__ import annotations

import itertools
import json
import random
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import httpx
import pytest
from openai.types.chat import ChatCompletion

from gateway_kit.gateway import Answer, Call, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.routing import share_by_weight
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.models import models_frame
from gateway_kit.stack.configuration.litellm_source import folder_of

OPENAI, ANTHROPIC = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
CHAT = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "pong"}}],
}  # fmt: skip


def deployment(
    model: str, weight: float | None = None, *, name: str = "canary", added: bool = True, **params: float
) -> dict[str, Any]:
    weighted = params if weight is None else {"weight": weight, **params}
    return {
        "model_name": name,
        "litellm_params": {"model": model, **weighted},
        "model_info": {"id": f"{model}-{weight}", "db_model": added},
    }


def gateway_with(
    *deployments: dict[str, Any], answered_by: Sequence[str] = (), settings: dict[str, Any] | None = None
) -> Gateway:
    """A gateway whose deployments are these, and whose calls are answered by these models in turn."""
    turns = itertools.cycle(answered_by)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/model/info":
            return httpx.Response(200, json={"data": list(deployments)})
        if request.url.path == "/router/settings":
            return httpx.Response(200, json={"current_values": settings or {}})
        assert json.loads(request.content)["model"] == "canary"
        if (model := next(turns)) == "broken":
            return httpx.Response(
                500, json={"error": {"message": f"no, at {json.loads(request.content)['num_retries']}"}}
            )
        return httpx.Response(
            200, json=CHAT, headers={"x-litellm-model-name": model, "x-litellm-model-id": model}
        )

    return Gateway(
        Connection("http://gateway.test", "sk-key", "sk-master"), transport=httpx.MockTransport(answer)
    )


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


FOUR_TO_ONE = [deployment(OPENAI, 4), deployment(ANTHROPIC, 1)]
MIXED = [OPENAI, OPENAI, ANTHROPIC, OPENAI, OPENAI]


@pytest.mark.parametrize(
    "behind",
    [
        FOUR_TO_ONE,
        [deployment(OPENAI, 0.8), deployment(ANTHROPIC, 0.2)],
        FOUR_TO_ONE * 2,
        [deployment(OPENAI)] * 4 + [deployment(ANTHROPIC)],
        [deployment(OPENAI, rpm=400), deployment(ANTHROPIC, rpm=100)],
        [deployment(OPENAI, tpm=8000), deployment(ANTHROPIC, tpm=2000)],
        [deployment(OPENAI, 4, rpm=1, tpm=1), deployment(ANTHROPIC, 1, rpm=1, tpm=1)],
        [deployment(OPENAI, rpm=4, tpm=1), deployment(ANTHROPIC, rpm=1, tpm=1)],
    ],
)
def test_a_canary_with_a_fifth_of_the_traffic_passes(behind: list[dict[str, Any]]) -> None:
    result = check("01.1", {"gateway": gateway_with(*behind, answered_by=MIXED)})
    assert result.passed, repr(result)


@pytest.fixture
def simple_shuffle(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """LiteLLM's own, from its file: importing LiteLLM takes seconds."""
    folder = folder_of("litellm")
    assert folder is not None
    weights_of_a_request = ModuleType("litellm.types.router_weights")
    weights_of_a_request.validate_router_weights = lambda _: None  # type: ignore[attr-defined]
    for module in (ModuleType("litellm"), ModuleType("litellm.types"), weights_of_a_request):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    found: Callable[..., Any] = runpy.run_path(str(folder / "router_strategy" / "simple_shuffle.py"))[
        "simple_shuffle"
    ]
    return found


@pytest.mark.parametrize("column", ["weight", "rpm", "tpm"])
def test_the_share_is_that_of_litellms_shuffle(column: str, simple_shuffle: Callable[..., Any]) -> None:
    behind = [deployment(OPENAI, **{column: 3}), deployment(OPENAI), deployment(ANTHROPIC, **{column: 2})]
    share = share_by_weight(models_frame(behind, None), "claude-haiku-4-5")
    random.seed(7)
    picked = [simple_shuffle(lambda _: None, behind, "canary", None) for _ in range(5000)]
    seen = sum(each["litellm_params"]["model"] == ANTHROPIC for each in picked) / len(picked)
    assert share == pytest.approx(0.4)
    assert seen == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    "settings",
    [
        {"routing_strategy": "latency-based-routing"},
        {"routing_groups": [{"models": ["smart", "canary"], "routing_strategy": "latency-based-routing"}]},
    ],
)
def test_weights_do_not_count_under_another_strategy(settings: dict[str, Any]) -> None:
    gateway = gateway_with(*FOUR_TO_ONE, answered_by=MIXED, settings=settings)
    assert "the strategy of `canary` is latency-based-routing" in repr(check("01.1", {"gateway": gateway}))


@pytest.mark.parametrize(
    "behind",
    [
        [],
        FOUR_TO_ONE[:1],
        [deployment(OPENAI, 1), deployment(ANTHROPIC, 1)],
        [deployment(OPENAI, 1), deployment(ANTHROPIC, 4)],
        [deployment(OPENAI), deployment(ANTHROPIC)],
        [deployment(OPENAI, 4), deployment(ANTHROPIC)],
        [deployment(OPENAI, 1, rpm=4), deployment(ANTHROPIC, 1, rpm=1)],
        [deployment(OPENAI, 4), deployment("openai/gpt-5-nano", 1)],
        [*FOUR_TO_ONE, deployment("openai/gpt-5-nano", 1)],
        [{**d, "model_name": "other"} for d in FOUR_TO_ONE],
        [deployment(OPENAI, 4, added=False), deployment(ANTHROPIC, 1, added=False)],
    ],
)
def test_any_other_canary_fails(behind: list[dict[str, Any]]) -> None:
    assert not check("01.1", {"gateway": gateway_with(*behind, answered_by=MIXED)}).passed


@pytest.mark.parametrize(
    ("answered_by", "criterion"),
    [
        ([OPENAI], "both models answered some of them, the old one more"),
        ([OPENAI, ANTHROPIC, ANTHROPIC], "both models answered some of them, the old one more"),
        ([*MIXED, "broken"], "60 calls to `canary` were all answered"),
    ],
)
def test_the_canary_must_answer_calls(answered_by: list[str], criterion: str) -> None:
    assert missing(check("01.1", {"gateway": gateway_with(*FOUR_TO_ONE, answered_by=answered_by)})) == [
        criterion
    ]


def test_the_first_error_is_shown_and_comes_without_a_retry() -> None:
    result = check("01.1", {"gateway": gateway_with(*FOUR_TO_ONE, answered_by=[*MIXED, "broken"])})
    assert "10 failed, the first with: no, at 0" in repr(result)


class Outage:
    """Made-up providers: `on` while a fault is; `hits` says how often it struck."""

    def __init__(self) -> None:
        self.on = False
        self.hits = 0
        self.providers = Providers("http://providers.test", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            wish = json.loads(request.content)
            assert wish.pop("lease")["client"], "the fault ends with the kernel"
            assert wish == {"provider": "openai", "kind": "server_error"}
            self.on = True
            return httpx.Response(200, json={"id": 7, **wish})
        if request.method == "DELETE":
            self.on = False
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"faults": [{"id": 7, "hits": self.hits}, {"id": 8, "hits": 99}]})

    def grade(self, steady: object) -> CheckResult:
        gateway = Gateway(Connection("http://gateway.test", "sk-abcd"))
        gateway.providers = self.providers
        return check("01.2", {"gateway": gateway, "steady": steady})


@pytest.fixture
def outage() -> Iterator[Outage]:
    made = Outage()
    yield made
    assert not made.on, "a grader leaves no fault behind"


def answer(provider: str, model: str = "gpt-4o-mini", fallbacks: int = 0) -> Answer:
    call = Call(datetime.now(UTC), "chat", model=model, provider=provider, fallbacks=fallbacks)
    return Answer("Any prose will do.", call, ChatCompletion.model_construct(choices=[]))


def steady_with(
    outage: Outage, stormy: Callable[[], Any], *, asks_openai: bool = True
) -> Callable[[str], Any]:
    def steady(prompt: str) -> Any:
        if not outage.on:
            return answer("openai")
        outage.hits += asks_openai
        return stormy()

    return steady


def test_a_fallback_of_the_gateways_passes(outage: Outage) -> None:
    result = outage.grade(steady_with(outage, lambda: answer("anthropic", fallbacks=1)))
    assert result.passed, repr(result)


def test_no_answer_during_the_outage_fails(outage: Outage) -> None:
    def fail() -> Any:
        raise ValueError("a learner's own mistake")

    result = outage.grade(steady_with(outage, fail))
    assert "while OpenAI is down it returns an answer too" in missing(result)
    assert "ValueError: a learner's own mistake" in repr(result)


@pytest.mark.parametrize(
    ("stormy", "criterion"),
    [
        (answer("openai"), "another provider answered"),
        (answer("anthropic", model="claude-haiku-4-5"), "the gateway made the fallback, within one request"),
        ("a text", "while OpenAI is down it returns an answer too"),
    ],
)
def test_other_ways_through_the_outage_fail(outage: Outage, stormy: Any, criterion: str) -> None:
    assert criterion in missing(outage.grade(steady_with(outage, lambda: stormy)))


def test_never_asking_openai_is_no_fallback(outage: Outage) -> None:
    steady = steady_with(outage, lambda: answer("anthropic", fallbacks=1), asks_openai=False)
    assert missing(outage.grade(steady)) == ["OpenAI was asked first, and failed"]


def test_another_model_without_an_outage_fails(outage: Outage) -> None:
    outage.hits = 1
    result = outage.grade(lambda prompt: answer("anthropic", fallbacks=1))
    assert missing(result) == ["the answer is gpt-4o-mini's"]


def test_each_prompt_is_new_to_the_cache(outage: Outage) -> None:
    prompts: list[str] = []

    def steady(prompt: str) -> Answer:
        prompts.append(prompt)
        return answer("openai")

    outage.grade(steady)
    outage.grade(steady)
    assert len(set(prompts)) == len(prompts) == 4


@pytest.mark.parametrize("steady", [None, "not a function"])
def test_without_a_function_there_is_no_outage(outage: Outage, steady: object) -> None:
    assert not outage.grade(steady).passed
