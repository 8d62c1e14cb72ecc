"""An exported configuration runs for real, and a lesson against it by GATEWAY_URL, as against any deployment."""

from __future__ import annotations

from pathlib import Path

import httpx
import yaml
from one_kernel import OneKernel
from test_lessons_elsewhere import LESSONS, assert_each_says_why, elsewhere, failures

from gateway_kit.stack.services.credentials import read_env_file
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli

# What the exported gateway shares with the stack that it was exported from: as in production, none of it is its own.
SERVERS = ("REDIS_URL", "DATABASE_URL", "LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")


def simulated(url: str) -> dict[str, str]:
    """The variables that a deployment fills in, and those that lead LiteLLM to another address than the providers'."""
    return {
        "OPENAI_API_KEY": "sim-openai", "OPENAI_API_BASE": f"{url}/v1",
        "ANTHROPIC_API_KEY": "sim-anthropic", "ANTHROPIC_API_BASE": url,
        "AZURE_API_KEY": "sim-azure", "AZURE_API_BASE": url,
        "AWS_ACCESS_KEY_ID": "sim-bedrock", "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_BEDROCK_RUNTIME_ENDPOINT": url,
        "GEMINI_API_KEY": "sim-gemini", "GEMINI_API_BASE": f"{url}/v1beta",
        "OLLAMA_API_BASE": url, "VERTEX_PROJECT": "simulated-project",
        "SLACK_WEBHOOK_URL": f"{url}/nobody",
    }  # fmt: skip


def check_calls(variables: dict[str, str]) -> None:
    """Calls of every kind of provider that can be led elsewhere are answered, and a new key has its bounds."""
    headers = {"Authorization": f"Bearer {variables['GATEWAY_API_KEY']}"}
    with httpx.Client(base_url=variables["GATEWAY_URL"], headers=headers, timeout=60) as client:
        for model in (
            "gpt-4o-mini",
            "azure-gpt-4o-mini",
            "claude-haiku-4-5",
            "bedrock-nova-micro",
            "phi3",
            "smollm2",
        ):
            asked = {
                "model": model,
                "messages": [{"role": "user", "content": "What is a gateway?"}],
                "max_tokens": 20,
            }
            answer = client.post("/v1/chat/completions", json=asked)
            assert answer.status_code == 200, (model, answer.text)
        new = client.post(
            "/key/generate", json={}, headers={"Authorization": "Bearer sk-exported-deployment"}
        ).json()
        assert (new["max_budget"], new["budget_duration"]) == (100, "30d"), (
            "the upper bounds are the defaults"
        )
        assert new["expires"]


def test_it_starts_without_a_finding_and_a_lesson_runs_against_it(
    cli: Cli, stack_env: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "exported"
    cli("export", "compose", str(out))
    compose = yaml.safe_load((out / "compose.yaml").read_text())
    settings = {
        name: value
        for name, value in compose["services"]["gateway"]["environment"].items()
        if "$" not in value and name not in ("REDIS_HOST", "REDIS_PORT", "LANGFUSE_HOST", "XDG_CACHE_HOME")
    }
    url = stack_env["PROVIDERS_URL"]
    account = (cli.home / "vertex-service-account.json").read_text()
    remote = Cli(
        tmp_path / "remote",
        **settings,
        **simulated(url),
        GOOGLE_APPLICATION_CREDENTIALS=account,
        LITELLM_SALT_KEY=read_env_file(cli.home / ".env")["LITELLM_SALT_KEY"],
        LITELLM_MASTER_KEY="sk-exported-deployment",
        **{name: stack_env[name] for name in SERVERS},
        PROVIDERS_URL=url, CHAT_MODEL_URL=stack_env["CHAT_MODEL_URL"], EMBEDDINGS_URL=stack_env["EMBEDDINGS_URL"],
    )  # fmt: skip
    config = str(out / "config.yaml")
    checked = remote("config", "check", config, "--production", "--ignore", "health-app")
    assert checked.stdout == f"{config}: fine\n"
    try:
        remote("up", "--port-offset", str(free_offset()), "--config", config)
        assert [row["service"] for row in remote.rows() if row["pid"]] == ["gateway"]
        variables = remote.variables()
        check_calls(variables)
        known = elsewhere(variables, tmp_path, "GATEWAY_URL", "GATEWAY_API_KEY")
        with OneKernel() as kernel:
            found = failures(kernel.run(LESSONS["00_start_here"], known, tmp_path))
        assert_each_says_why(found)
        assert [name for name, _, _ in found] == ["ProvidersError"], found  # the simulator is not behind it
    finally:
        remote("down")
