"""Values for the official charts: settings that the charts have, the configuration as it was checked, no secret."""

from __future__ import annotations

import ast
import dataclasses
import http.server
import importlib.util
import os
import re
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from gateway_kit.errors import StackError
from gateway_kit.stack.configuration.production import check_production
from gateway_kit.stack.exporting.charts import LANGFUSE, PRODUCTION, SEMANTIC, VALUES, litellm_version
from gateway_kit.stack.exporting.cluster_config import (
    Size,
    cluster_config,
    modules_data,
    with_general_settings,
)
from gateway_kit.stack.exporting.helm import helm_files
from gateway_kit.stack.exporting.helm_production import litellm_production
from gateway_kit.stack.exporting.helm_readme import helm_readme
from gateway_kit.stack.exporting.kubernetes import DRAIN_TOKEN, ENV_SECRET, NAMESPACE, secrets_of
from gateway_kit.stack.exporting.langfuse_helm import langfuse_values
from gateway_kit.stack.exporting.production_config import ProductionConfig, production_config
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.stack import Stack
from tests.unit.chart_values import facts_of, mistakes
from tools.render_charts import differences, merged, references, repeated_variables, unknown_secrets

KUBERNETES = "1.34"
CHARTS = {VALUES: "litellm-helm", PRODUCTION: "litellm-helm", SEMANTIC: "litellm-helm", LANGFUSE: "langfuse"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ProductionConfig:
    """The kit's own configuration, as it is before the first `up`."""
    return production_config(Stack({"GATEWAY_HOME": str(tmp_path_factory.mktemp("export") / "home")}))


@pytest.fixture(scope="module")
def whole(plain: ProductionConfig) -> ProductionConfig:
    """The same with everything that a configuration can have besides."""
    return dataclasses.replace(
        plain,
        replicas=5,
        workers=2,
        semantic=True,
        semantic_text=plain.text,
        files={
            "callbacks.py": "class Hooks: ...\n",
            "guards/words.py": "WORDS = ['a: b', '{{ no template }}']\n",
        },
    )


@pytest.fixture(scope="module", params=["plain", "whole", "without traces", "traces elsewhere"])
def exported(
    request: pytest.FixtureRequest, plain: ProductionConfig, whole: ProductionConfig
) -> dict[str, str]:
    """The files of several exports."""
    configs = {
        "plain": plain,
        "whole": whole,
        "without traces": dataclasses.replace(plain, tracing="off"),
        "traces elsewhere": dataclasses.replace(plain, tracing="external"),
    }
    return helm_files(configs[request.param])


def values(files: dict[str, str], *names: str) -> dict[str, Any]:
    """Values files as Helm merges them."""
    result: dict[str, Any] = {}
    for name in names:
        result = merged(result, yaml.safe_load(files[name]))
    return result


def test_each_setting_is_one_that_the_chart_has(exported: dict[str, str]) -> None:
    for name, chart in CHARTS.items():
        if name in exported:
            assert mistakes(yaml.safe_load(exported[name]), chart) == [], name


def test_a_setting_that_a_chart_does_not_have_or_that_has_another_type_is_found() -> None:
    wrong = {
        "autoscaling": {"maxReplicaz": 3, "minReplicas": "2", "enabled": 1},
        "pdb": True,
        "podLabels": {"any": "x"},
    }
    assert mistakes(wrong, "litellm-helm") == [
        "autoscaling.maxReplicaz is no setting of the chart",
        "autoscaling.minReplicas is a number in the chart, not '2'",
        "autoscaling.enabled is a boolean in the chart, not 1",
        "pdb is a mapping in the chart, not True",
    ]


def test_the_charts_that_were_looked_at_are_the_pinned_ones() -> None:
    assert facts_of("langfuse")["version"] in langfuse_values().splitlines()[0]
    assert facts_of("litellm-helm")["version"] == litellm_version(), (
        "LiteLLM's chart moves with LiteLLM: run tools/chart_facts.py on the new one and tools/render_charts.py"
    )


def test_the_gateway_gets_the_configuration_and_its_modules(
    plain: ProductionConfig, whole: ProductionConfig
) -> None:
    size = Size.of(whole)
    for name, text in ((VALUES, whole.text), (SEMANTIC, whole.semantic_text)):
        expected = yaml.safe_load(text)
        expected["general_settings"] |= {
            "database_connection_pool_limit": size.pool,
            "enable_drain_endpoint": True,
            "use_redis_transaction_buffer": True,
        }
        assert yaml.safe_load(helm_files(whole)[name])["proxy_config"] == expected
    found = values(helm_files(whole), VALUES, PRODUCTION)
    (config_map,) = found["extraResources"]
    keys = {"callbacks.py": "callbacks.py", "guards/words.py": "guards..words.py"}
    assert config_map["data"] == {keys[name]: text for name, text in whole.files.items()}
    mounted = {each["name"]: each["mountPath"] for each in found["volumeMounts"]}
    assert mounted["modules"] == found["envVars"]["PYTHONPATH"]
    volume = next(each["configMap"] for each in found["volumes"] if each["name"] == "modules")
    assert volume["name"] == config_map["metadata"]["name"]
    assert {each["path"]: each["key"] for each in volume["items"]} == keys
    without = yaml.safe_load(helm_files(plain)[VALUES])
    assert "PYTHONPATH" not in without["envVars"]
    assert "extraResources" not in without
    second = yaml.safe_load(helm_files(whole)[SEMANTIC])
    assert "DISABLE_SCHEMA_UPDATE" not in second["envVars"], "the chart sets it, and twice is once too often"
    assert second["replicaCount"] == 1


def test_litellm_finds_a_module_that_is_not_beside_its_configuration(
    whole: ProductionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What PYTHONPATH is for: the chart mounts the configuration as a file, alone in its folder."""
    found = yaml.safe_load(helm_files(whole)[VALUES])
    for item in next(each for each in found["volumes"] if each["name"] == "modules")["configMap"]["items"]:
        path = tmp_path / "modules" / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["extraResources"][0]["data"][item["key"]])
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    for name in ("guards", "guards.words"):
        monkeypatch.setitem(sys.modules, name, None)  # what is imported here is forgotten afterwards
        del sys.modules[name]
    # LiteLLM's own function, without the seconds that importing LiteLLM takes.
    source = Path(str(find_spec("litellm").origin)).parent / "proxy" / "types_utils" / "utils.py"  # type: ignore[union-attr]
    (function,) = (
        each
        for each in ast.parse(source.read_text()).body
        if isinstance(each, ast.FunctionDef) and each.name == "get_instance_fn"
    )
    names: dict[str, Any] = {"os": os, "importlib": importlib, "Any": Any, "Final": Final}
    exec(ast.unparse(function), names)
    assert names["get_instance_fn"]("guards.words.WORDS", str(tmp_path / "config" / "config.yaml")) == [
        "a: b",
        "{{ no template }}",
    ]


def test_comments_stay_where_a_setting_is_written() -> None:
    text = "a: 1  # one\ngeneral_settings:  # all\n  b: 2  # two\n  c: {d: 3}\nrest:\n  b: 4\n"
    made = with_general_settings(text, {"b": (5, "five"), "e": (True, "new")})
    assert (
        made
        == "a: 1  # one\ngeneral_settings:\n  e: true  # new\n  b: 5  # five\n  c: {d: 3}\nrest:\n  b: 4\n"
    )
    assert yaml.safe_load(with_general_settings("a: 1\n", {"b": (2, "two")})) == {
        "a": 1,
        "general_settings": {"b": 2},
    }
    with pytest.raises(ValueError, match="line by line"):
        with_general_settings("general_settings: {b: 1}\n", {"c": (2, "two")})


@pytest.mark.parametrize(("replicas", "workers"), [(1, 1), (2, 1), (7, 1), (4, 4), (7, 8)])
def test_the_pools_of_all_pods_fit_the_database(replicas: int, workers: int) -> None:
    config = ProductionConfig(
        "general_settings:\n  a: 1\n", (), replicas=replicas, workers=workers, semantic=True
    )
    size = Size.of(config)
    scaling = yaml.safe_load(litellm_production(config))["autoscaling"]
    pool = yaml.safe_load(cluster_config(config.text, size))["general_settings"][
        "database_connection_pool_limit"
    ]
    assert scaling["minReplicas"] >= max(2, replicas)
    assert scaling["maxReplicas"] > scaling["minReplicas"]
    # One more pod of each gateway while one is replaced.
    connections = (scaling["maxReplicas"] + 1 + 2) * workers * pool
    assert connections <= 90 or pool == 1
    for text in (cluster_config(config.text, size), helm_readme(config)):
        assert (
            f"= {connections}; max_connections of PostgreSQL, 100 by default, has to be {connections + 10}"
            in text
        )


def test_production_scales_by_cpu_drains_and_probes_without_calling_a_model(exported: dict[str, str]) -> None:
    found = values(exported, VALUES, PRODUCTION)
    assert found["autoscaling"]["targetCPUUtilizationPercentage"] == 60
    assert "targetMemoryUtilizationPercentage" not in found["autoscaling"]
    assert found["pdb"] == {"enabled": True, "maxUnavailable": 1}
    assert found["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    paths = {found[probe]["path"] for probe in ("livenessProbe", "readinessProbe", "startupProbe")}
    assert paths == {"/health/liveliness", "/health/readiness"}
    assert found["migrationJob"]["enabled"]
    assert found["migrationJob"]["hooks"]["helm"]["enabled"]
    drain = int(found["extraEnvVars"][0]["value"])
    assert found["terminationGracePeriodSeconds"] >= drain + 5 + 20, "time to write spend after the last call"
    assert found["resources"]["requests"]["cpu"] == str(found["numWorkers"])
    assert found["proxy_config"]["general_settings"]["enable_drain_endpoint"] is True
    assert found["envVars"]["LITELLM_MODE"] == "PRODUCTION"
    assert found["logLevel"] == "ERROR"
    assert found["proxy_config"]["litellm_settings"]["telemetry"] is False
    if LANGFUSE in exported:
        assert values(exported, LANGFUSE)["langfuse"]["features"] == {
            "telemetryEnabled": False,
            "signUpDisabled": True,
        }


def test_the_pod_asks_itself_to_drain_with_the_token_of_its_environment(plain: ProductionConfig) -> None:
    command = yaml.safe_load(litellm_production(plain))["lifecycle"]["preStop"]["exec"]["command"]
    seen: list[tuple[str, str | None]] = []

    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["X-Drain-Token"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        program = (
            command[2]
            .replace("127.0.0.1:4000", f"127.0.0.1:{server.server_port}")
            .replace("sleep(5)", "sleep(0)")
        )
        subprocess.run(
            [sys.executable, "-c", program], check=True, env={DRAIN_TOKEN: "of-the-test"}, timeout=60
        )
        server.shutdown()
    assert command[:2] == ["python", "-c"]
    assert seen == [("/health/drain", "of-the-test")]


def test_what_the_values_refer_to_is_in_the_secrets_that_the_readme_has_made(
    plain: ProductionConfig, whole: ProductionConfig
) -> None:
    for config in (plain, whole):
        files = helm_files(config)
        made = {name: {key.name for key in keys} for name, keys in secrets_of(config).items()}
        found = values(files, VALUES, PRODUCTION)
        assert found["masterkeySecretKey"] in made[found["masterkeySecretName"]]
        assert {found["db"]["secret"]["usernameKey"], found["db"]["secret"]["passwordKey"]} <= made[
            found["db"]["secret"]["name"]
        ]
        langfuse = values(files, LANGFUSE)
        referred = {(each["name"], each["key"]) for each in references(langfuse)} | {
            (
                langfuse["postgresql"]["auth"]["existingSecret"],
                langfuse["postgresql"]["auth"]["secretKeys"]["userPasswordKey"],
            ),
            (
                langfuse["redis"]["auth"]["existingSecret"],
                langfuse["redis"]["auth"]["existingSecretPasswordKey"],
            ),
            (
                langfuse["clickhouse"]["auth"]["existingSecret"],
                langfuse["clickhouse"]["auth"]["existingSecretKey"],
            ),
        }
        assert {(name, key) for name, key in referred if key not in made[name]} == set()
        variables = {each.name for each in config.variables}
        assert variables == (made[ENV_SECRET] - {DRAIN_TOKEN}) | (variables & found["envVars"].keys())
        assert not made[ENV_SECRET] & found["envVars"].keys(), "a variable of the Secret stands as text too"
        example = list(yaml.safe_load_all(files["kubernetes/secrets.example.yaml"]))
        assert {each["metadata"]["name"]: set(each["stringData"]) for each in example} == made
        assert {value for each in example for value in each["stringData"].values()} == {""}
        for name, keys in made.items():
            command = files["README.md"].partition(f"cat > {name}.env <<EOF\n")[2].partition("EOF\n")[0]
            assert set(re.findall(r"^\s*([\w-]+)=", command, re.MULTILINE)) == keys


def test_each_plain_object_is_one_that_kubernetes_takes(exported: dict[str, str]) -> None:
    objects = [
        each
        for name, text in exported.items()
        if name.startswith("kubernetes/")
        for each in yaml.safe_load_all(text)
    ] + values(exported, VALUES).get("extraResources", [])
    for each in objects:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    kinds = [each["kind"] for each in objects]
    assert {"Namespace", "ServiceAccount", "NetworkPolicy", "Secret"} == set(kinds) - {"ConfigMap"}
    assert {each["metadata"].get("namespace", NAMESPACE) for each in objects} == {NAMESPACE}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**objects[0], "specc": {}}, KUBERNETES, strict=True)


def test_the_network_policy_lets_the_gateway_reach_its_stores_and_servers_and_not_the_metadata(
    plain: ProductionConfig,
) -> None:
    variables = (
        *plain.variables,
        Variable("VLLM_API_BASE", False, "address of vLLM", default="http://vllm.invalid:8000/v1"),
    )
    policy = yaml.safe_load(
        helm_files(dataclasses.replace(plain, variables=variables))["kubernetes/network-policy.yaml"]
    )["spec"]
    inside, outside = policy["egress"][1], policy["egress"][2]
    assert [each["port"] for each in inside["ports"]] == [5432, 6379, 11434, 80, 8000]
    assert outside["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
    assert [each["port"] for each in outside["ports"]] == [443]


def test_the_check_for_production_finds_nothing_in_the_values(
    plain: ProductionConfig, whole: ProductionConfig, tmp_path: Path
) -> None:
    path = tmp_path / "values.yaml"

    def rules(found: dict[str, Any]) -> set[str]:
        path.write_text(yaml.safe_dump(found, sort_keys=False))
        return {each.code for each in check_production(path, {})}

    for config, names in ((plain, (VALUES, PRODUCTION)), (whole, (VALUES, PRODUCTION)), (whole, (SEMANTIC,))):
        found = values(helm_files(config), *names)
        assert rules(found) == set()
        found["proxy_config"]["general_settings"]["database_connection_pool_limit"] = 60
        assert "pool" in rules(found), "the check reads these values"


def test_modules_that_no_config_map_takes_are_refused() -> None:
    with pytest.raises(StackError, match="a ConfigMap takes 1,000,000"):
        modules_data({"big.py": "#" * 1_000_001})


def test_the_readme_names_each_file_and_pins_both_charts(exported: dict[str, str]) -> None:
    readme = exported["README.md"]
    for name in exported.keys() - {"README.md"}:
        assert f"`{name}`" in readme, name
    assert f"litellm-helm --version {litellm_version()}" in readme
    assert (LANGFUSE in exported) == ("charts/langfuse --version 2.0.0" in readme)
    assert "kubectl --namespace llm-gateway rollout restart deployment/litellm" in readme


def test_the_rendering_finds_a_secret_that_nobody_makes_and_a_variable_that_stands_twice(
    plain: ProductionConfig, tmp_path: Path
) -> None:
    (tmp_path / "kubernetes").mkdir()
    (tmp_path / "kubernetes" / "secrets.example.yaml").write_text(
        helm_files(plain)["kubernetes/secrets.example.yaml"]
    )
    env = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": ENV_SECRET, "key": "LITELLM_SALT_KEY"}}},
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": ENV_SECRET, "key": "NOBODYS"}}},
    ]
    container = {"env": env, "envFrom": [{"secretRef": {"name": "elsewhere"}}]}
    pod = {"spec": {"containers": [container]}}
    rendered = [{"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": pod}}]
    assert unknown_secrets(rendered, tmp_path) == [
        "Secret elsewhere is referred to and nowhere made",
        f"Secret {ENV_SECRET} key NOBODYS is referred to and nowhere made",
    ]
    assert repeated_variables(rendered) == ["Deployment a sets A twice"]


def test_the_rendering_finds_a_setting_that_arrives_changed() -> None:
    wanted = {"models": [{"price": 0.0000001, "name": "a"}], "cache": True}
    assert differences(wanted, {"models": [{"price": "1e-07", "name": "a"}], "cache": True}, "c") == []
    assert differences(wanted, {"models": [{"price": "2e-07"}], "cache": True, "more": 1}, "c") == [
        "c.models[0].name is None and not 'a'",
        "c.models[0].price is '2e-07' and not 1e-07",
        "c.more is 1 and not None",
    ]
