"""Terraform's files: HCL that parses, each variable declared and used, secrets in neither files nor state."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import hcl2
import pytest
import yaml

from gateway_kit.stack.exporting.charts import litellm_version
from gateway_kit.stack.exporting.hcl import Block, Expression, hcl_text, quoted
from gateway_kit.stack.exporting.helm import values_files
from gateway_kit.stack.exporting.kubernetes import foundation, network_policy, secrets_of
from gateway_kit.stack.exporting.production_config import ProductionConfig, production_config
from gateway_kit.stack.exporting.terraform import terraform_files
from gateway_kit.stack.exporting.terraform_variables import input_name, variables
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.stack import Stack
from tests.unit.chart_values import facts_of

PLAIN = hcl2.SerializationOptions(strip_string_quotes=True, explicit_blocks=False)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ProductionConfig:
    """The kit's own configuration, with a second gateway."""
    made = production_config(Stack({"GATEWAY_HOME": str(tmp_path_factory.mktemp("export") / "home")}))
    return dataclasses.replace(made, semantic=True, semantic_text=made.text)


@pytest.fixture(scope="module", params=["with Langfuse", "without traces"])
def files(request: pytest.FixtureRequest, config: ProductionConfig) -> dict[str, str]:
    """The files of two exports."""
    return terraform_files(
        config if request.param == "with Langfuse" else dataclasses.replace(config, tracing="off")
    )


def parsed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = hcl2.loads(text, serialization_options=PLAIN)
    return found


def resources(files: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """(kind, name) → arguments of each resource."""
    return {
        (kind, name): body
        for each in parsed(files["main.tf"])["resource"]
        for kind, named in each.items()
        for name, body in named.items()
    }


def declared(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {name: body for each in parsed(files["variables.tf"])["variable"] for name, body in each.items()}


def used(files: dict[str, str]) -> set[str]:
    return set(
        re.findall(r"\bvar\.(\w+)", "".join(text for name, text in files.items() if name.endswith(".tf")))
    )


def test_each_variable_that_is_used_is_declared_and_the_other_way_round(files: dict[str, str]) -> None:
    assert used(files) == declared(files).keys()
    assert used({"main.tf": files["main.tf"] + "locals { a = var.nowhere }\n"}) - declared(files).keys() == {
        "nowhere"
    }


def test_each_reference_leads_to_a_resource(files: dict[str, str]) -> None:
    text = files["main.tf"] + files["outputs.tf"]
    referred = set(re.findall(r"\b((?:kubernetes|helm)_\w+)\.(\w+)", text))
    assert referred
    assert referred <= resources(files).keys()


def test_each_secret_is_sensitive_and_never_in_the_state(
    config: ProductionConfig, files: dict[str, str]
) -> None:
    inputs = declared(files)
    secrets = {kind: body for kind, body in resources(files).items() if kind[0] == "kubernetes_secret_v1"}
    assert secrets
    for body in secrets.values():
        assert "data" not in body, "that would be in the state as text"
        assert body["data_wo_revision"] == "${var.secrets_revision}"
        for reference in body["data_wo"].values():
            variable = inputs[re.fullmatch(r"\$\{var\.(\w+)\}", reference).group(1)]  # type: ignore[union-attr]
            assert variable["sensitive"] is variable["ephemeral"] is True
            assert variable.get("default", "") == ""
    written = {body["metadata"][0]["name"]: body["data_wo"].keys() for body in secrets.values()}
    tracing = "langfuse" if "langfuse-secrets" in written else "off"
    made = secrets_of(dataclasses.replace(config, tracing=tracing))  # type: ignore[arg-type]
    assert {name: set(keys) for name, keys in written.items()} == {
        name: {k.name for k in keys} for name, keys in made.items()
    }
    ephemeral = {name for name, body in inputs.items() if body.get("ephemeral")}
    elsewhere = {
        name: text for name, text in files.items() if name in ("outputs.tf", "terraform.tfvars.example")
    }
    assert not [name for name in ephemeral for text in elsewhere.values() if re.search(rf"\b{name}\b", text)]
    assert "*.tfvars" in files[".gitignore"]
    assert "*.tfstate" in files[".gitignore"]


def test_the_releases_take_the_same_values_as_helm(config: ProductionConfig) -> None:
    files = terraform_files(config)
    found = resources(files)
    assert {
        name.removeprefix("values/"): text for name, text in files.items() if name.startswith("values/")
    } == values_files(config)
    for (kind, _), body in found.items():
        if kind == "helm_release":
            for name in re.findall(r"values/([\w.-]+)", str(body["values"])):
                assert f"values/{name}" in files
    release = found["helm_release", "litellm"]
    assert (release["repository"], release["chart"], release["version"]) == (
        "oci://ghcr.io/berriai",
        "litellm-helm",
        litellm_version(),
    )
    langfuse = found["helm_release", "langfuse"]
    assert langfuse["version"] == facts_of("langfuse")["version"]
    assert any("helm_release.langfuse" in each for each in release["depends_on"])


def test_a_variable_stands_in_the_place_of_each_host_that_the_values_leave_open(
    files: dict[str, str],
) -> None:
    main = files["main.tf"]
    left = {
        line.strip().partition(":")[0]
        for name, text in files.items()
        if name in ("values/litellm-values.yaml", "values/langfuse-values.yaml")
        for line in text.splitlines()
        if ".invalid" in line and not line.startswith("#")
    }
    # An item of a list cannot be replaced from outside; the README says so.
    for key in left - {"value"}:
        assert re.search(rf"\b{key}\s+= .*var\.", main), key
    assert ("value" in left) == ("LANGFUSE_INIT_USER_EMAIL" in files["README.md"])


def test_plain_objects_are_those_of_the_helm_export(config: ProductionConfig) -> None:
    found = resources(terraform_files(config))
    namespace, account = foundation()
    assert (
        found["kubernetes_namespace_v1", "gateway"]["metadata"][0]["labels"]
        == namespace["metadata"]["labels"]
    )
    service_account = found["kubernetes_service_account_v1", "gateway"]
    assert (
        service_account["automount_service_account_token"] is account["automountServiceAccountToken"] is False
    )
    spec = found["kubernetes_network_policy_v1", "gateway"]["spec"][0]
    wanted = network_policy(config)["spec"]
    for side, peers in (("ingress", "from"), ("egress", "to")):
        ports = [[each["port"] for each in rule["ports"]] for rule in spec[side]]
        assert ports == [[each["port"] for each in rule["ports"]] for rule in wanted[side]]
        assert [len(rule[peers]) for rule in spec[side]] == [len(rule[peers]) for rule in wanted[side]]


def test_providers_are_pinned(files: dict[str, str]) -> None:
    terraform = parsed(files["versions.tf"])["terraform"][0]
    providers = terraform["required_providers"][0]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each["version"]) for each in providers.values())
    assert terraform["required_version"] == ">= 1.11", "write-only arguments"


def test_a_variable_of_the_gateway_does_not_take_a_name_that_terraform_or_these_files_use(
    config: ProductionConfig,
) -> None:
    more = [
        Variable(name, False, "x") for name in ("VERSION", "KUBECONFIG", "DATABASE_X", "LANGFUSE_STORE_URL")
    ]
    made = variables(dataclasses.replace(config, variables=(*config.variables, *more)))
    names = [each.name for each in made]
    assert len(names) == len(set(names))
    assert {
        "gateway_version",
        "gateway_kubeconfig",
        "gateway_database_x",
        "gateway_langfuse_store_url",
    } <= set(names)
    assert input_name("OPENAI_API_KEY") == "openai_api_key"


def test_strings_of_hcl_mean_what_they_say() -> None:
    text = 'a "b" ${c} %{d} \\ e\n'
    block = Block("locals", body={"a": text, "long": ["x" * 60, "y" * 60], "n": {}, "e": Expression("var.z")})
    found = hcl2.loads(hcl_text([block]))
    assert quoted(text) == '"a \\"b\\" $${c} %%{d} \\\\ e\\n"'
    assert found["locals"][0]["a"] == quoted(text)
    assert len(found["locals"][0]["long"]) == 2


def test_the_readme_warns_of_the_state_and_names_each_secret(
    config: ProductionConfig, files: dict[str, str]
) -> None:
    readme = files["README.md"]
    for word in (
        "What the state knows",
        "secrets_revision",
        "ephemeral",
        "rollout restart",
        ".terraform.lock.hcl",
    ):
        assert word in readme, word
    for name, body in declared(files).items():
        assert (f"TF_VAR_{name}=" in readme) == bool(body.get("sensitive")), name
    tag = yaml.safe_load(files["values/litellm-values.yaml"])["image"]["tag"]
    assert tag == f"v{litellm_version()}@sha256:digest.invalid"
    assert f'tag = "v{litellm_version()}@${{var.image_digest}}"' in files["main.tf"]
