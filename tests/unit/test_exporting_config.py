"""The configuration as production runs it: real providers, references in the place of secrets, production settings."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway_kit.errors import ConfigError, StackError
from gateway_kit.stack.configuration import TEMPLATES, check_config, check_text
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production import check_production
from gateway_kit.stack.exporting.production_config import ProductionConfig, production_config
from gateway_kit.stack.exporting.target import write_target
from gateway_kit.stack.exporting.variables import Register, Variable, variable_name
from gateway_kit.stack.exporting.yaml_text import yaml_text
from gateway_kit.stack.services.credentials import env_file, read_env_file
from gateway_kit.stack.services.effective_config import effective_path
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.record import forget_record
from tests.unit.exported import stack_with

ONE_MODEL = """
model_list:
- model_name: a
  litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
"""
SETTINGS = """
litellm_settings:
  success_callback: [langfuse]
  failure_callback: [langfuse]
  cache: true
  cache_params: {type: redis, ttl: 60}
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
"""


# Servers of somebody else's, as their addresses stand in the environment.
SERVERS = {
    "REDIS_URL": f"redis://:{secrets.token_hex(16)}@10.1.1.1:6379",
    "DATABASE_URL": f"postgresql://gateway:{secrets.token_hex(16)}@10.1.1.2:5432/gateway",
}
# As somebody who has not read the production page writes it.
PRODUCTION = """
model_list:
- model_name: chat
  litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
litellm_settings: {set_verbose: true, callbacks: [langfuse]}
router_settings: {routing_strategy: usage-based-routing-v2, redis_url: os.environ/REDIS_URL}
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
  database_connection_pool_limit: 100
  proxy_batch_write_at: 1
"""


def template(name: str) -> str:
    return (TEMPLATES / f"{name}.yaml").read_text()


def models(made: ProductionConfig) -> dict[str, dict[str, Any]]:
    """model_name → its parameters; the last one of several deployments."""
    return {each["model_name"]: each["litellm_params"] for each in yaml.safe_load(made.text)["model_list"]}


def names(made: ProductionConfig) -> dict[str, Variable]:
    return {variable.name: variable for variable in made.variables}


def in_force(tmp_path: Path, model_list: str, more: str = "", **environ: str) -> ProductionConfig:
    return production_config(stack_with(tmp_path / "home", model_list + SETTINGS + more, environ))


def test_the_kits_own_configuration_has_no_simulated_key_and_no_address_of_this_machine(
    tmp_path: Path,
) -> None:
    before = production_config(Stack({"GATEWAY_HOME": str(tmp_path / "none")}))
    after = production_config(stack_with(tmp_path / "home"))
    assert yaml.safe_load(before.text) == yaml.safe_load(after.text), "filled in or not, it is the same"
    for word in ("sim-", "simulated", "127.0.0.1", "${", "PROVIDERS_URL"):
        assert word not in after.text, word
    params = models(after)
    assert params["text-embedding-3-small"]["api_key"] == "os.environ/OPENAI_API_KEY"
    assert "api_base" not in params["text-embedding-3-small"]
    assert params["bedrock-nova-micro"]["aws_access_key_id"] == "os.environ/AWS_ACCESS_KEY_ID"
    assert params["gemini-pro"]["vertex_credentials"] == "os.environ/GOOGLE_APPLICATION_CREDENTIALS"
    assert "aws_bedrock_runtime_endpoint" not in params["bedrock-nova-micro"]
    assert params["phi3"]["api_base"] == "os.environ/OLLAMA_API_BASE"
    assert names(after)["OPENAI_API_KEY"].secret
    assert not names(after)["OPENAI_API_KEY"].needed


def test_every_real_model_is_as_the_template_cloud_has_it(tmp_path: Path) -> None:
    made = models(production_config(Stack({"GATEWAY_HOME": str(tmp_path)})))
    cloud = {
        each["model_name"]: each["litellm_params"]
        for each in yaml.safe_load((TEMPLATES / "cloud.yaml").read_text())["model_list"]
    }
    limit = {"max_tokens": None}
    assert {name: {**made[name], **limit} for name in cloud} == {
        name: {**cloud[name], **limit} for name in cloud
    }


def test_an_address_that_is_not_filled_in_leads_nowhere(tmp_path: Path) -> None:
    made = production_config(Stack({"GATEWAY_HOME": str(tmp_path)}))
    addresses = [
        each for each in made.variables if each.name.endswith(("_API_BASE", "_URL")) and not each.secret
    ]
    assert {each.name for each in addresses} == {
        "AZURE_API_BASE", "OLLAMA_API_BASE", "CHAT_MODEL_URL", "EMBEDDINGS_URL"
    }  # fmt: skip
    for each in addresses:
        assert ".invalid" in each.default, "without one LiteLLM would send the prompts to a host of its own"


def test_the_check_finds_nothing_in_what_is_exported(tmp_path: Path) -> None:
    made = production_config(stack_with(tmp_path / "home"))
    env = {each.name: each.default or f"sk-{secrets.token_hex(16)}" for each in made.variables}
    assert check_text(made.text, env) == []


def test_production_settings_are_in_force(tmp_path: Path) -> None:
    made = in_force(
        tmp_path,
        ONE_MODEL,
        "  proxy_budget_rescheduler_min_time: 2\nrouter_settings: {routing_strategy: usage-based-routing-v2}\n",
        OPENAI_API_KEY="sk-" + secrets.token_hex(16),
    )
    data = yaml.safe_load(made.text)
    assert data["litellm_settings"]["telemetry"] is False
    assert data["litellm_settings"]["cache_params"]["host"] == "os.environ/REDIS_HOST"
    assert data["router_settings"]["routing_strategy"] == "simple-shuffle"
    assert data["general_settings"]["proxy_batch_write_at"] == 60
    assert "proxy_budget_rescheduler_min_time" not in data["general_settings"]
    assert any("usage-based-routing-v2" in note for note in made.notes)
    assert made.environment["LITELLM_MODE"] == "PRODUCTION"


def test_answers_end_where_a_call_reserves_no_more(tmp_path: Path) -> None:
    made = in_force(
        tmp_path,
        """
model_list:
- model_name: long
  litellm_params: {model: anthropic/claude-haiku-4-5, api_key: os.environ/OPENAI_API_KEY}
- model_name: own
  litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY, max_tokens: 300}
- model_name: small
  litellm_params: {model: hosted_vllm/tiny, api_base: "http://10.1.2.3:8000/v1", api_key: none}
  model_info: {max_input_tokens: 2048}
- model_name: vectors
  litellm_params: {model: openai/text-embedding-3-small, api_key: os.environ/OPENAI_API_KEY}
- model_name: openai/*
  litellm_params: {model: openai/*, api_key: os.environ/OPENAI_API_KEY}
""",
        OPENAI_API_KEY="sk-" + secrets.token_hex(16),
    )
    listed = yaml.safe_load(made.text)["model_list"]
    limits = {
        each["model_name"]: (
            each["litellm_params"].get("max_tokens"),
            each.get("model_info", {}).get("max_output_tokens"),
        )
        for each in listed
    }
    assert limits == {
        "long": (4096, 4096), "own": (300, 300), "small": (512, 512), "vectors": (None, None), "openai/*": (None, None)
    }  # fmt: skip


@pytest.mark.parametrize(("gateways", "workers", "pool"), [(1, 1, 10), (3, 2, 10), (4, 4, 4), (7, 64, 1)])
def test_all_pools_together_fit_the_database(gateways: int, workers: int, pool: int) -> None:
    from gateway_kit.stack.exporting.production_settings import pool_size

    assert pool_size(gateways, workers) == pool


def test_what_the_production_check_finds_besides_is_mended_and_told(tmp_path: Path) -> None:
    made = in_force(
        tmp_path,
        """
model_list:
- model_name: small
  litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
- model_name: large
  litellm_params: {model: anthropic/claude-haiku-4-5, api_key: os.environ/OPENAI_API_KEY}
""",
        """  allow_requests_on_db_unavailable: true
  store_prompts_in_spend_logs: true
router_settings:
  fallbacks: [{small: [large, small]}]
""",
        OPENAI_API_KEY="sk-" + secrets.token_hex(16),
    )
    data = yaml.safe_load(made.text)
    assert data["router_settings"]["fallbacks"] == [{"small": ["large"]}]
    assert data["router_settings"]["allowed_fails"] == 1
    assert data["general_settings"]["allow_requests_on_db_unavailable"] is False
    told = [note.partition(":")[0] for note in made.notes if note.startswith("Changed for production, rule ")]
    rules = {"cooldown", "fallback-to-itself", "database-unavailable", "prompts-in-database"}
    assert {words.split()[-1] for words in told} == rules


@pytest.mark.parametrize("name", ["offline", "simulated", "cloud", "semantic-cloud", "production"])
def test_production_has_nothing_to_say_of_what_is_exported(tmp_path: Path, name: str) -> None:
    text = None if name == "offline" else PRODUCTION if name == "production" else template(name)
    given = (
        dict.fromkeys(re.findall(r"os\.environ/(\w+)", text or ""), f"sk-{secrets.token_hex(16)}") | SERVERS
    )
    made = production_config(
        stack_with(tmp_path / "home", text, given, workers=2, semantic=name == "offline")
    )
    env = {each.name: each.default or f"sk-{secrets.token_hex(16)}" for each in made.variables}
    for file, written in (("config.yaml", made.text), ("semantic.yaml", made.semantic_text)):
        if written:
            (tmp_path / file).write_text(written)
            found = check_production(
                tmp_path / file, {**env, **made.environment}, replicas=2, workers=2, ignore=("health-app",)
            )
            assert [str(each) for each in found] == []
            assert check_config(tmp_path / file, env) == []


def test_literal_secrets_become_variables_and_are_not_told(tmp_path: Path) -> None:
    key, other, header, master = (f"sk-{secrets.token_hex(12)}" for _ in range(4))
    made = in_force(
        tmp_path,
        f"""
# an old key: sk-in-a-comment-0123456789
model_list:
- model_name: first
  litellm_params: {{model: openai/gpt-4o-mini, api_key: {key}}}
- model_name: again
  litellm_params: {{model: openai/gpt-5-nano, api_key: {key}}}
- model_name: second
  litellm_params: {{model: openai/gpt-4o-mini, api_key: {other}, extra_headers: {{Authorization: "Bearer {header}"}}}}
- model_name: local
  litellm_params: {{model: hosted_vllm/mistral, api_base: "http://10.1.2.3:8000/v1", api_key: none}}
""",
        LITELLM_MASTER_KEY=master,
    )
    params = models(made)
    assert params["first"]["api_key"] == params["again"]["api_key"] == "os.environ/OPENAI_API_KEY"
    assert params["second"]["api_key"] == "os.environ/SECOND_API_KEY"
    assert params["second"]["extra_headers"]["Authorization"] == "os.environ/SECOND_AUTHORIZATION"
    assert (params["local"]["api_base"], params["local"]["api_key"]) == ("http://10.1.2.3:8000/v1", "none")
    told = f"{made!r}"
    for secret in (key, other, header, master, "in-a-comment"):
        assert secret not in told
    assert names(made)["SECOND_API_KEY"].secret


def test_a_literal_key_never_takes_the_name_of_a_variable_that_is_referred_to(tmp_path: Path) -> None:
    made = in_force(
        tmp_path,
        f"""
model_list:
- model_name: literal
  litellm_params: {{model: openai/gpt-4o-mini, api_key: sk-{secrets.token_hex(12)}}}
- model_name: by-reference
  litellm_params: {{model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}}
""",
        OPENAI_API_KEY="sk-" + secrets.token_hex(12),
    )
    assert models(made)["literal"]["api_key"] == "os.environ/LITERAL_API_KEY"


def test_addresses_and_files_of_this_machine_become_variables(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "account.json").write_text("{}")
    made = in_force(
        tmp_path,
        """
model_list:
- model_name: mine
  litellm_params: {model: hosted_vllm/mistral, api_base: "http://localhost:8000/v1"}
- model_name: google
  litellm_params: {model: vertex_ai/gemini-2.5-flash, vertex_project: p, vertex_credentials: account.json}
environment_variables:
  TEAM: search
  OTHER_PASSWORD: correct-horse
""",
    )
    assert models(made)["mine"]["api_base"] == "os.environ/MINE_API_BASE"
    assert names(made)["MINE_API_BASE"].default == "http://server.invalid:8000/v1"
    assert models(made)["google"]["vertex_credentials"] == "os.environ/GOOGLE_APPLICATION_CREDENTIALS"
    assert names(made)["GOOGLE_APPLICATION_CREDENTIALS"].secret
    assert "environment_variables" not in yaml.safe_load(made.text)
    assert not names(made)["TEAM"].default, "a name does not tell whether it is a secret"
    assert names(made)["OTHER_PASSWORD"].secret
    assert not names(made)["OTHER_PASSWORD"].default
    assert "correct-horse" not in repr(made)


def test_what_only_the_simulator_knows_is_left_out_and_forgotten_by_fallbacks(tmp_path: Path) -> None:
    made = in_force(
        tmp_path,
        """
model_list:
- model_name: real
  litellm_params: {model: openai/gpt-4o-mini, api_base: "${PROVIDERS_URL}/v1", api_key: sim-openai}
- model_name: dream
  litellm_params: {model: openai/gpt-dream, api_base: "${PROVIDERS_URL}/d/dream/v1", api_key: sim-openai}
- model_name: groq
  litellm_params: {model: groq/llama-3.1-8b-instant, api_base: "${PROVIDERS_URL}/v1", api_key: sim-groq}
router_settings:
  fallbacks: [{real: [dream, groq]}, {dream: [real]}]
  model_group_alias: {nice: dream, chat: real}
""",
    )
    assert set(models(made)) == {"real", "groq"}
    assert models(made)["groq"]["api_key"] == "os.environ/GROQ_API_KEY"
    assert "api_base" not in models(made)["groq"]
    router = yaml.safe_load(made.text)["router_settings"]
    assert router["fallbacks"] == [{"real": ["groq"]}]
    assert router["model_group_alias"] == {"chat": "real"}
    assert any("`dream` is left out" in note for note in made.notes)


def test_a_configuration_with_simulations_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"No model .* exists outside the simulation.*gpt-dream"):
        in_force(
            tmp_path,
            """
model_list:
- model_name: dream
  litellm_params: {model: openai/gpt-dream, api_base: "${PROVIDERS_URL}/v1", api_key: sim-openai}
""",
        )


def test_modules_come_along_and_those_with_a_key_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "hooks.py").write_text("from words import WORDS\n\nclass Hook: ...\n\nhandler = Hook()\n")
    (folder / "words.py").write_text("WORDS = ['a']\n")
    config = ONE_MODEL + "litellm_settings: {callbacks: hooks.handler}\n"
    stack = stack_with(tmp_path / "home", config, {"OPENAI_API_KEY": "sk-" + secrets.token_hex(12)})
    assert set(production_config(stack).files) == {"hooks.py", "words.py"}
    (folder / "words.py").write_text(f"WORDS = ['sk-{secrets.token_hex(12)}']\n")
    with pytest.raises(
        StackError, match=r"words\.py line 1 holds what looks like a key, so nothing was written"
    ):
        production_config(stack)
    (folder / "words.py").write_text(f"WORDS = ['{stack.credentials().redis_password}']\n")
    with pytest.raises(
        StackError, match=r"words\.py line 1 would hold the value of REDIS_PASSWORD of the state folder"
    ):
        production_config(stack)


def test_code_that_is_gone_or_unreadable_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "hooks.py").write_text("handler = object()\n")
    config = ONE_MODEL + "litellm_settings: {callbacks: hooks.handler}\n"
    stack = stack_with(tmp_path / "home", config, {"OPENAI_API_KEY": "sk-" + secrets.token_hex(12)})
    (folder / "hooks.py").write_bytes(b"# \xff\nhandler = object()\n")
    with pytest.raises(
        StackError, match=r"hooks\.py, which the configuration names, cannot be read: it is not UTF-8"
    ):
        production_config(stack)
    (folder / "hooks.py").unlink()
    made = production_config(stack)
    assert not made.files
    assert any(
        "`callbacks` names hooks, which is not beside the configuration" in note for note in made.notes
    )


def test_the_stacks_own_options_are_told(tmp_path: Path) -> None:
    made = production_config(stack_with(tmp_path / "home", workers=3, semantic=True, tracing="off"))
    assert (made.workers, made.semantic, made.tracing) == (3, True, "off")
    assert "langfuse" not in made.text + made.semantic_text
    assert "LANGFUSE_HOST" not in names(made)
    cache = yaml.safe_load(made.semantic_text)["litellm_settings"]["cache_params"]
    assert cache["type"] == "redis-semantic"
    assert cache["host"] == "os.environ/REDIS_HOST"
    assert "redis_url" not in cache


def test_a_langfuse_of_somebody_elses_stays_theirs(tmp_path: Path) -> None:
    stack = stack_with(tmp_path / "home", environ={"LANGFUSE_HOST": "https://traces.example.com"})
    made = production_config(stack)
    assert made.tracing == "external"
    assert names(made)["LANGFUSE_HOST"].needed


def test_what_was_simulated_at_other_ports_is_not_taken_for_servers_of_ones_own(tmp_path: Path) -> None:
    stack = stack_with(tmp_path / "home")
    forget_record(stack.home)  # as `down` does, and with it the port offset
    with pytest.raises(StackError, match=r"other ports.*gateway-kit up --port-offset N"):
        production_config(stack)


def test_somebody_elses_gateway_has_no_configuration_here(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="GATEWAY_URL names a gateway that the kit does not run"):
        production_config(
            Stack({"GATEWAY_HOME": str(tmp_path), "GATEWAY_URL": "https://gateway.example.com"})
        )


def test_a_damaged_configuration_in_force_is_told(tmp_path: Path) -> None:
    stack = stack_with(tmp_path / "home")
    effective_path(stack.settings()).write_text("model_list: [")
    with pytest.raises(ConfigError, match="line 1"):
        production_config(stack)


def test_no_secret_of_config_environment_or_state_folder_is_written_anywhere(tmp_path: Path) -> None:
    canaries = {name: secrets.token_hex(16) for name in ("OPENAI_API_KEY", "MY_PASSWORD", "DATABASE_TOKEN")}
    literal = f"sk-{secrets.token_hex(16)}"
    stack = stack_with(
        tmp_path / "home",
        f"# {literal}\n{ONE_MODEL.replace('os.environ/OPENAI_API_KEY', literal)}{SETTINGS}",
        canaries,
    )
    made = production_config(stack)
    write_target(tmp_path / "out", {"config.yaml": made.text, "notes": repr(made)}, stack)
    kept = [value for value in read_env_file(env_file(stack.home)).values() if len(value) > 12]
    assert len(kept) >= 6
    written = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    for secret in (*canaries.values(), literal, *kept):
        assert secret not in written


@pytest.mark.parametrize("where", ["environment", "state folder"])
def test_a_file_with_a_known_secret_is_refused_and_nothing_is_written(tmp_path: Path, where: str) -> None:
    canary = secrets.token_hex(16)
    stack = stack_with(tmp_path / "home", environ={"SOME_API_KEY": canary})
    secret = canary if where == "environment" else stack.credentials().litellm_salt_key
    with pytest.raises(StackError, match=r"b\.txt line 2 would hold the value of ") as refused:
        write_target(tmp_path / "out", {"a.txt": "fine", "b.txt": f"\nx{secret}y"}, stack)
    assert secret not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_is_refused_unless_forced(tmp_path: Path) -> None:
    stack = Stack({"GATEWAY_HOME": str(tmp_path / "none")})
    folder = tmp_path / "out"
    paths = write_target(folder, {"a.yaml": "1\n", "b/c.yaml": "2\n"}, stack)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o644, 0o644]
    (folder / ".env").write_text("KEY=1")
    with pytest.raises(StackError, match=r"is not empty: it has \.env, a\.yaml, b\. .* --force"):
        write_target(folder, {"a.yaml": "3\n"}, stack)
    write_target(folder, {"a.yaml": "3\n"}, stack, force=True)
    assert (folder / "a.yaml").read_text() == "3\n"
    assert (folder / ".env").read_text() == "KEY=1"


def test_files_in_the_place_of_folders_are_refused(tmp_path: Path) -> None:
    stack = Stack({"GATEWAY_HOME": str(tmp_path / "none")})
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StackError, match="is a file, but a folder is needed"):
            write_target(folder, {"a": "1"}, stack)
    (tmp_path / "out" / "a").mkdir(parents=True)
    with pytest.raises(StackError, match="is a folder, but the export writes a file of that name"):
        write_target(tmp_path / "out", {"a": "1"}, stack, force=True)


def test_a_write_that_fails_leaves_an_empty_folder(tmp_path: Path) -> None:
    stack = Stack({"GATEWAY_HOME": str(tmp_path / "none")})
    with pytest.raises(StackError, match=r"cannot be written: File name too long.*df -h"):
        write_target(tmp_path / "out", {"a": "1", "b" * 300: "2"}, stack)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["0o17", "1e3", "08", "12e03", ".5e2", "yes", "no", "on", "2024-10-21", "1_000", "22:22", "~", "0x1F"],
)
def test_text_that_some_yaml_readers_take_for_something_else_is_quoted(text: str) -> None:
    written = yaml_text({"a": text})
    assert yaml.safe_load(written) == {"a": text}
    assert written.removeprefix("a: ")[0] in "'\"", written


def test_names_of_variables(tmp_path: Path) -> None:
    assert variable_name("gpt-4o.mini", "api_key") == "GPT_4O_MINI_API_KEY"
    assert variable_name("4o", "key") == "MODEL_4O_KEY"
    register = Register()
    assert register.name_for("s1", "A", "B") == "A"
    assert register.name_for("s1", "C") == "A"
    assert register.name_for("s2", "A") == "A_2"
    assert register.refer(Variable("A", True, "first")) == f"{REFERENCE}A"
    assert "s1" not in repr(register)
