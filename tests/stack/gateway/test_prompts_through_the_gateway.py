"""Prompts of the trace store in calls of the gateway: models `langfuse/MODEL` put them before the caller's messages."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from gateway_kit.errors import GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.servers.gateway.prompt_reading import PromptReadingError, _read
from gateway_kit.tracing.client import Tracing, connect_tracing
from tests.conftest import Cli

QUESTION = "What is an LLM gateway?"


@pytest.fixture
def tracing(stack_env: dict[str, str]) -> Iterator[Tracing]:
    with connect_tracing(stack_env) as client:
        yield client


@pytest.fixture
def prompted(gateway: Gateway, unique: str) -> Iterator[Callable[..., str]]:
    """Adds a model that puts a prompt before each call."""
    added: list[str] = []

    def add(**params: object) -> str:
        name = f"prompted-{unique}-{len(added)}"
        added.append(gateway.models.add(name, {"model": "langfuse/gpt-4o-mini", **params}))
        return name

    yield add
    for deployment in added:
        gateway.models.delete(deployment)


def observation(tracing: Tracing, call: Any) -> Any:
    """What the trace of a call says of its prompt."""
    (trace_id,) = tracing.wait_for_trace(request_id=call.request_id)["trace_id"]
    (row,) = tracing.client.api.observations.get_many(trace_id=trace_id, fields="core,io,model,prompt").data
    return row


def messages(row: Any) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in json.loads(row.input)["messages"]]


def test_a_prompt_of_the_store_is_compiled_and_sent_with_its_config(
    gateway: Gateway,
    tracing: Tracing,
    providers: Providers,
    prompted: Callable[..., str],
    own_model: Callable[..., str],
    unique: str,
) -> None:
    name, target = f"team/ü {unique}", own_model()
    made = tracing.client.create_prompt(
        name=name,
        prompt="You are {{tone}} support.",
        labels=["production"],
        config={"model": target, "temperature": 0.125},
    )
    body = {"prompt_variables": {"tone": "kind"}}
    # The prompt is named by the model, or by the request.
    for model, more in ((prompted(prompt_id=name), {}), (prompted(), {"prompt_id": name})):
        call = gateway.ask(unique, model, extra_body={**body, **more}).call
        row = observation(tracing, call)
        assert messages(row) == [("system", "You are kind support."), ("user", unique)]
        assert row.model_parameters["temperature"] == 0.125
        assert (row.prompt_name, row.prompt_version) == (name, made.version)
        assert row.prompt_id
    assert providers.journal(deployment=target)["prompt"].tolist() == [unique, unique]


def test_a_call_uses_and_names_the_version_that_it_asks_for(
    gateway: Gateway, tracing: Tracing, prompted: Callable[..., str], unique: str
) -> None:
    for label in ("production", "canary"):
        tracing.client.create_prompt(
            name=unique,
            type="chat",
            prompt=[{"role": "system", "content": f"the {label} one"}],
            labels=[label],
        )
    by_label, by_request = prompted(prompt_id=unique, prompt_label="canary"), prompted(prompt_id=unique)
    used = []
    for model, body in (
        (by_request, {}),
        (by_label, {}),
        (by_request, {"prompt_label": "canary"}),
        (by_request, {"prompt_version": 2}),
        (by_request, {"prompt_version": 1}),
    ):
        row = observation(tracing, gateway.ask(QUESTION, model, extra_body=body).call)
        used.append((messages(row)[0][1], row.prompt_version))
    production, canary = ("the production one", 1), ("the canary one", 2)
    assert used == [production, canary, canary, canary, production]


def test_a_version_is_used_that_never_was_in_production(
    gateway: Gateway, tracing: Tracing, prompted: Callable[..., str], unique: str
) -> None:
    tracing.client.create_prompt(name=unique, prompt="a first draft", labels=["draft"])
    call = gateway.ask(QUESTION, prompted(prompt_id=unique, prompt_label="draft")).call
    assert messages(observation(tracing, call))[0] == ("system", "a first draft")


def test_an_unknown_prompt_is_named_and_nothing_is_sent(
    gateway: Gateway, prompted: Callable[..., str], unique: str
) -> None:
    with pytest.raises(GatewayError, match=f"Prompt not found: '{unique}' with label 'production'"):
        gateway.ask(QUESTION, prompted(prompt_id=unique))


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_store_that_hangs_stops_no_call_without_a_prompt(
    cli: Cli, gateway: Gateway, tracing: Tracing, prompted: Callable[..., str], unique: str
) -> None:
    tracing.client.create_prompt(name=unique, prompt="be kind", labels=["production"])
    model, pid = prompted(prompt_id=unique), cli.row("tracing")["pid"]
    assert isinstance(pid, int)
    with ThreadPoolExecutor(1) as pool:
        with hanging(pid):
            waiting = pool.submit(gateway.ask, unique, model)
            for number in range(5):
                assert gateway.ask(f"{unique} {number}").text
            assert not waiting.done()
        assert waiting.result().text


def test_a_store_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGFUSE_HOST", "http://127.0.0.1:9")
    with pytest.raises(
        PromptReadingError, match=r"'answer' could not be read: http://127.0.0.1:9 does"
    ) as raised:
        _read("help-desk", {"prompt_id": "answer"}, {"model": "langfuse/gpt-4o-mini"})
    assert raised.value.status_code == 503
