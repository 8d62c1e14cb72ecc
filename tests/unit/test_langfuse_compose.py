"""Langfuse's compose file: valid by the Compose specification, with all its variables."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml

from gateway_kit.errors import SettingsError
from gateway_kit.settings import BASE_PORTS, Settings
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.services.credentials import read_env_file, resolve
from gateway_kit.stack.services.langfuse import COMPOSE_FILE, PROJECT_ID
from gateway_kit.stack.services.langfuse_env import SECRETS, browser_url, secrets_file, write_secrets

ROOT = Path(__file__).resolve().parents[2]
TEXT = COMPOSE_FILE.read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
STORES = {"postgres", "clickhouse", "redis", "minio"}

# Any use of a dollar sign, by the specification's rules.
DOLLAR = re.compile(r"\$(?P<escaped>\$)|\$\{(?P<name>\w+)(?P<rest>[^}]*)\}|\$(?P<bare>\w*)")


def texts(node: object) -> list[str]:
    """Every string in a YAML tree, without comments."""
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [node] if isinstance(node, str) else []


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """The variables that the kit generates for its own stack."""
    settings = Settings(home=tmp_path, port_offset=100)
    assert write_secrets(settings, resolve({}, {}), {})
    return read_env_file(secrets_file(settings))


def test_the_file_is_valid_by_the_compose_specification() -> None:
    package = find_spec("check_jsonschema")  # a development dependency that ships the schemas of many formats
    assert package is not None, "check-jsonschema is not installed. Run: make setup"
    [folder] = package.submodule_search_locations or []
    schema = json.loads((Path(folder) / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(FILE)] == []
    broken = {**FILE, "services": {**SERVICES, "redis": {**SERVICES["redis"], "healthchek": {}}}}
    assert list(validator.iter_errors(broken)), "the schema must tell a misspelt key"


def test_every_variable_is_generated_and_every_generated_one_is_used(variables: dict[str, str]) -> None:
    used = {found["name"] for text in texts(FILE) for found in DOLLAR.finditer(text) if found["name"]}
    assert used == set(variables)
    assert all(variables.values())


def test_no_variable_has_a_default_and_an_error_for_a_missing_one_names_the_command() -> None:
    uses = [found for text in texts(FILE) for found in DOLLAR.finditer(text) if not found["escaped"]]
    assert uses
    for found in uses:
        assert found["bare"] is None, f"{found[0]} would be empty where it is not set"
        assert found["rest"] == ":?run gateway-kit up --tracing langfuse"


def test_no_secret_is_in_the_file_or_on_a_command_line() -> None:
    secret = re.compile(r"PASSWORD|SECRET|SALT|_AUTH$|REDISCLI_AUTH|ENCRYPTION_KEY|PUBLIC_KEY")
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if secret.search(variable):
                assert re.fullmatch(r"\$\{LANGFUSE_\w+:\?[^}]*\}", value), (name, variable)
        commands = texts([service.get(key) for key in ("command", "entrypoint", "healthcheck")])
        assert not any("${" in text for text in commands), name


def test_the_generated_secrets_are_strong_distinct_and_private(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    write_secrets(settings, resolve({}, {}), {})
    first = read_env_file(secrets_file(settings))
    assert secrets_file(settings).stat().st_mode & 0o777 == 0o600
    assert len({first[name] for name in SECRETS}) == len(SECRETS)
    assert all(re.fullmatch(r"[0-9a-f]{64}", first[name]) for name in SECRETS)
    # A change of the stack's settings keeps the secrets that the data was created with.
    assert write_secrets(settings, resolve({"LANGFUSE_SECRET_KEY": "sk-lf-other"}, {}), {})
    second = read_env_file(secrets_file(settings))
    assert second["LANGFUSE_SECRET_KEY"] == "sk-lf-other"
    assert {name: second[name] for name in SECRETS} == {name: first[name] for name in SECRETS}


def test_only_the_web_port_is_published_and_only_on_this_machine(variables: dict[str, str]) -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["langfuse-web"]
    [port] = published["langfuse-web"]
    assert re.fullmatch(r"127\.0\.0\.1:\$\{LANGFUSE_WEB_PORT:[^}]*\}:3000", port)
    assert variables["LANGFUSE_WEB_PORT"] == str(BASE_PORTS["tracing"] + 100)
    for service in SERVICES.values():
        assert not {"network_mode", "networks", "extra_hosts", "privileged", "expose"} & set(service)


def test_every_image_is_pinned_to_a_version() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":\d+\.\d+(\.\d+)*$|:RELEASE\.[0-9TZ-]+@sha256:[0-9a-f]{64}$", service["image"]), (
            name
        )
    web, worker = (SERVICES[name]["image"].split(":")[1] for name in ("langfuse-web", "langfuse-worker"))
    assert web == worker
    assert web.startswith("4.")
    assert SERVICES["clickhouse"]["image"].split(":")[1].startswith("25.12.")
    assert SERVICES["redis"]["image"].split(":")[1].startswith("7.")


def test_langfuse_waits_for_healthy_stores() -> None:
    assert set(SERVICES) == {"langfuse-web", "langfuse-worker"} | STORES
    for name, service in SERVICES.items():
        check = service["healthcheck"]
        assert {"test", "interval", "timeout", "retries"} <= set(check), name
        # When Docker starts, it must not restart containers that `gateway-kit down` could not stop while it was down.
        assert service["restart"].startswith("on-failure:"), name
        assert service["deploy"]["resources"]["limits"]["memory"].endswith("M")
    for name in ("langfuse-web", "langfuse-worker"):
        waits = SERVICES[name]["depends_on"]
        assert waits == {store: {"condition": "service_healthy"} for store in STORES}


def test_every_store_keeps_its_data_in_its_own_volume() -> None:
    mounted = [mount.split(":")[0] for name in SERVICES for mount in SERVICES[name].get("volumes", [])]
    assert len(mounted) == len(set(mounted))
    assert set(mounted) == set(FILE["volumes"])
    assert all(SERVICES[store]["volumes"] for store in STORES)


def test_langfuse_is_initialised_like_the_embedded_store(variables: dict[str, str]) -> None:
    default = {field.name: field.default for field in fields(Config)}
    web = SERVICES["langfuse-web"]["environment"]
    assert web["LANGFUSE_INIT_ORG_ID"] == default["organization_id"]
    assert web["LANGFUSE_INIT_ORG_NAME"] == default["organization_name"]
    assert web["LANGFUSE_INIT_PROJECT_ID"] == default["project_id"] == PROJECT_ID
    assert web["LANGFUSE_INIT_PROJECT_NAME"] == default["project_name"]
    assert variables["LANGFUSE_INIT_USER_EMAIL"] == default["user_email"]
    assert variables["LANGFUSE_INIT_USER_PASSWORD"] == default["user_password"]
    sources = {
        "PROJECT_PUBLIC_KEY": "LANGFUSE_PUBLIC_KEY",
        "PROJECT_SECRET_KEY": "LANGFUSE_SECRET_KEY",
        "USER_EMAIL": "LANGFUSE_INIT_USER_EMAIL",
        "USER_PASSWORD": "LANGFUSE_INIT_USER_PASSWORD",
    }
    for name, variable in sources.items():
        assert web[f"LANGFUSE_INIT_{name}"].startswith(f"${{{variable}:")


def test_the_parts_agree_on_names_and_passwords() -> None:
    web, worker = (SERVICES[name]["environment"] for name in ("langfuse-web", "langfuse-worker"))
    assert worker == {name: web[name] for name in worker}
    assert web["TELEMETRY_ENABLED"] == "false"
    hosts = {
        urlsplit(re.sub(r"\$\{[^}]*\}", "x", web[name])).hostname for name in web if name.endswith("_URL")
    }
    assert hosts - {None} == {"postgres", "clickhouse"}  # NEXTAUTH_URL is a variable
    assert urlsplit(web["LANGFUSE_S3_EVENT_UPLOAD_ENDPOINT"]).hostname == "minio"
    assert web["REDIS_HOST"] == "redis"
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"] in web["DATABASE_URL"]
    assert SERVICES["clickhouse"]["environment"]["CLICKHOUSE_PASSWORD"] == web["CLICKHOUSE_PASSWORD"]
    assert SERVICES["clickhouse"]["environment"]["CLICKHOUSE_USER"] == web["CLICKHOUSE_USER"]
    assert SERVICES["redis"]["environment"]["REDISCLI_AUTH"] == web["REDIS_AUTH"]
    store = SERVICES["minio"]["environment"]
    assert store["MINIO_ROOT_USER"] == web["LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID"]
    assert store["MINIO_ROOT_PASSWORD"] == web["LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY"]
    bucket = web["LANGFUSE_S3_EVENT_UPLOAD_BUCKET"]
    assert f"mkdir -p /data/{bucket} &&" in SERVICES["minio"]["entrypoint"][-1]


def test_the_browsers_address_is_the_forwarded_port() -> None:
    settings = Settings(home=Path("/nowhere"), port_offset=7)
    assert browser_url(settings, {}) == "http://127.0.0.1:3008"
    assert browser_url(settings, {"CODESPACE_NAME": "a-b"}) == "https://a-b-3008.app.github.dev"
    own = {"CODESPACE_NAME": "a-b", "NEXTAUTH_URL": "http://localhost:3008/"}
    assert browser_url(settings, own) == "http://localhost:3008"
    with pytest.raises(SettingsError, match="NEXTAUTH_URL"):
        browser_url(settings, {"NEXTAUTH_URL": "http://x/\nLANGFUSE_SALT=known"})


def test_langfuses_devcontainer_only_adds_docker_and_more_memory() -> None:
    plain, own = (
        json.loads((ROOT / ".devcontainer" / path).read_text())
        for path in ("devcontainer.json", "langfuse/devcontainer.json")
    )
    [feature] = own.pop("features")
    assert re.fullmatch(r"\S+/docker-in-docker:\d+\.\d+\.\d+", feature)
    assert own.pop("name") != plain.pop("name")
    more, less = own.pop("hostRequirements"), plain.pop("hostRequirements")
    assert all(
        int(str(more[key]).removesuffix("gb")) > int(str(less[key]).removesuffix("gb")) for key in less
    )
    assert own.pop("postStartCommand") == plain.pop("postStartCommand") + " --tracing langfuse"
    assert 'gateway-kit up "$@"' in (ROOT / ".devcontainer" / "postStart.sh").read_text()
    tracing = BASE_PORTS["tracing"]
    assert set(own.pop("forwardPorts")) == {*plain.pop("forwardPorts"), tracing}
    labels, others = own.pop("portsAttributes"), plain.pop("portsAttributes")
    assert "Langfuse" in labels.pop(str(tracing))["label"]
    others.pop(str(tracing), None)
    assert labels == others
    assert own == plain
