"""A chat model and embeddings that somebody else runs: what is started, what is told, and what is said of a bad one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway_kit.settings import load_settings
from gateway_kit.stack.configuration.semantic import render_semantic
from gateway_kit.stack.lacks import lacks
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.effective_config import build_effective_config, config_environment
from gateway_kit.stack.services.endpoints import resolve_endpoints
from gateway_kit.stack.services.external import check_models
from gateway_kit.stack.services.models import NAMES, model_trouble
from gateway_kit.stack.services.own_services import own_services
from gateway_kit.stack.supervisor.record import StackRecord

CHAT, EMBEDDINGS = "http://models.example.com:1/v1", "http://models.example.com:2/v1"
LISTED = {"data": [{"id": name} for name in NAMES.values()]}


# Three servers in one: an API at /v1, another's at /other/v1, and a page at /page/v1.
BODIES = {
    "/v1/models": json.dumps(LISTED),
    "/other/v1/models": json.dumps({"data": [{"id": "another"}]}),
    "/page/v1/models": "<html>",
}


class Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BODIES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_nothing_is_started_for_them_and_everything_uses_them(tmp_path: Path):
    environ = {"GATEWAY_HOME": str(tmp_path), "CHAT_MODEL_URL": CHAT, "EMBEDDINGS_URL": EMBEDDINGS}
    settings, keys, record = load_settings(environ), resolve({}, {}), StackRecord()
    endpoints = resolve_endpoints(settings, keys)
    config = build_effective_config(settings, endpoints, environ, None)
    services = own_services(settings, keys, endpoints, config, record, environ)
    assert {"chat-model", "embeddings"}.isdisjoint(services)
    assert services["providers"].env["EMBEDDINGS_URL"] == EMBEDDINGS
    semantic = render_semantic({**environ, **config_environment(settings, endpoints)}).text
    for text in (config.text, semantic):
        assert CHAT in text
        assert EMBEDDINGS in text
        assert ":8090" not in text
        assert ":8091" not in text
    moved = resolve_endpoints(load_settings({**environ, "EMBEDDINGS_URL": CHAT}), keys)
    again = own_services(settings, keys, moved, config, record, environ)
    assert again["providers"].identity != services["providers"].identity


@pytest.mark.parametrize("name", NAMES)
def test_a_server_with_the_model_is_fine_and_each_other_one_is_told_apart(server: str, name: str):
    assert not model_trouble(name, f"{server}/v1")
    shown = server.removeprefix("http://")
    assert model_trouble(name, f"{server}/other/v1") == f"has no model {NAMES[name]} at {server}/other/v1"
    assert "no server with OpenAI's API" in model_trouble(name, f"{server}/page/v1")
    assert model_trouble(name, server).endswith(f"{shown}/models; the address of such an API ends in /v1")
    secret = f"http://me:hidden@{shown}/nowhere/v1"
    assert model_trouble(name, secret) == f"answers with status 404 at {shown}/nowhere/v1/models"
    assert model_trouble(name, "http://127.0.0.1:9/v1") == "does not answer at http://127.0.0.1:9/v1"


def test_only_somebody_elses_are_asked_and_the_fix_names_the_variable(server: str, tmp_path: Path):
    environ = {"GATEWAY_HOME": str(tmp_path), "CHAT_MODEL_URL": f"{server}/v1"}
    keys = resolve({}, {})
    assert check_models(resolve_endpoints(load_settings(environ), keys)) == {}
    environ["EMBEDDINGS_URL"] = f"{server}/other/v1"
    settings = load_settings(environ)
    unusable = check_models(resolve_endpoints(settings, keys))
    assert list(unusable) == ["embeddings"]
    why = unusable["embeddings"].why
    assert why.endswith("(EMBEDDINGS_URL)")
    (lack,) = lacks(StackRecord(failures={"embeddings": why}), settings)
    assert lack.fix == "set EMBEDDINGS_URL to one that answers, or unset it, then run: gateway-kit up"
    (own,) = lacks(StackRecord(failures={"embeddings": "ended during its start"}), settings)
    assert "gateway-kit logs embeddings" in own.fix
