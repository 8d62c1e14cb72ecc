"""What LiteLLM cannot do without a package of its own is refused in a sentence, and leaves nothing behind."""

from __future__ import annotations

import json

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/a2a/helper", {"jsonrpc": "2.0", "id": "1", "method": "message/send", "params": {}}),
        (
            "/model/new",
            {
                "model_name": "test-auto-router",
                "litellm_params": {
                    "model": "auto_router/test-auto-router",
                    "auto_router_config": json.dumps({"routes": []}),
                    "auto_router_default_model": "gpt-4o-mini",
                    "auto_router_embedding_model": "local-embed",
                },
            },
        ),
    ],
)
def test_a_call_that_needs_a_package_says_which(
    stack_env: dict[str, str], path: str, body: dict[str, object]
) -> None:
    headers = {"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"}
    with httpx.Client(
        base_url=stack_env["GATEWAY_URL"], headers=headers, trust_env=False, timeout=30
    ) as http:
        answer = http.post(path, json=body)
        assert answer.status_code == 501
        assert "uv pip install --python .venv" in answer.json()["error"]["message"]
        models = http.get("/model/info").json()["data"]
    assert "test-auto-router" not in {model["model_name"] for model in models}
