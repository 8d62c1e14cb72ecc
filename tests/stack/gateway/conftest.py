"""A client of the run's stack, and deployments of a test's own, so that faults strike nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway_kit.gateway import Gateway, connect
from gateway_kit.gateway.providers import Providers


@pytest.fixture
def gateway(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    for name in ("GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY", "PROVIDERS_URL"):
        monkeypatch.setenv(name, stack_env[name])
    with connect() as client:
        yield client


@pytest.fixture
def providers(stack_env: dict[str, str]) -> Iterator[Providers]:
    with Providers(stack_env["PROVIDERS_URL"]) as client:
        yield client


@pytest.fixture(scope="module")
def at_once(stack_env: dict[str, str]) -> Iterator[None]:
    """Models that answer at once, for graders that judge something else than time."""
    with Providers(stack_env["PROVIDERS_URL"]) as client:
        client.profile("*", ttft_s=0, tokens_per_s=100_000)
        yield


@pytest.fixture
def unique() -> str:
    """Text that no cache has seen."""
    return uuid.uuid4().hex


@pytest.fixture
def own_cache(unique: str) -> dict[str, Any]:
    """The parameters of a call that shares cache entries with this test's calls only.

    So that tests can use PROMPT, which the simulator answers at once, where another text waits for a real model.
    """
    return {"extra_body": {"cache": {"namespace": unique}}}


@pytest.fixture
def fresh() -> dict[str, Any]:
    """The parameters of a call that reads no cache entry."""
    return {"extra_body": {"cache": {"no-cache": True}}}


@pytest.fixture
def own_model(gateway: Gateway, stack_env: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Adds a deployment of simulated OpenAI; its model name is also the label by which faults find it."""
    added: list[str] = []

    def add(model_name: str | None = None, **params: object) -> str:
        name = model_name or f"test-{uuid.uuid4().hex[:8]}"
        address = f"{stack_env['PROVIDERS_URL']}/d/{name}/v1"
        given = {"model": "openai/gpt-4o-mini", "api_base": address, "api_key": "sim", **params}
        added.append(gateway.models.add(name, given))
        return name

    yield add
    for deployment in added:
        gateway.models.delete(deployment)


@pytest.fixture
def new_key(stack_env: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Makes virtual keys with limits (`/key/generate`), deleted at the end."""
    made: list[str] = []
    headers = {"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"}
    with httpx.Client(
        base_url=stack_env["GATEWAY_URL"], headers=headers, trust_env=False, timeout=120
    ) as http:

        def make(**limits: object) -> str:
            answer = http.post("/key/generate", json=limits)
            answer.raise_for_status()
            made.append(answer.json()["key"])
            return made[-1]

        yield make
        http.post("/key/delete", json={"keys": made}).raise_for_status() if made else None
