"""Values for LiteLLM's chart `litellm-helm`: what makes it run, and the gateway with the semantic cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway_kit.stack.exporting.charts import (
    LANGFUSE,
    LITELLM_CHART,
    LITELLM_IMAGE,
    LITELLM_USER,
    NO_DIGEST,
    PRODUCTION,
    SEMANTIC,
    VALUES,
    litellm_tag,
    litellm_version,
)
from gateway_kit.stack.exporting.cluster_config import Size, cluster_config, config_map_key, modules_data
from gateway_kit.stack.exporting.helm_production import litellm_production
from gateway_kit.stack.exporting.helm_readme import helm_readme
from gateway_kit.stack.exporting.kubernetes import (
    DATABASE_SECRET,
    ENV_SECRET,
    NAMESPACE,
    SERVICE_ACCOUNT,
    documents,
    foundation,
    network_policy,
    plain_variables,
    secrets_example,
)
from gateway_kit.stack.exporting.langfuse_helm import langfuse_values
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.values_text import nested_text, values_text

_MODULES, _MODULES_FOLDER = "litellm-modules", "/etc/gateway"
# The chart sets these itself, and a variable that stands twice is an error in the making.
_SET_BY_THE_CHART = frozenset({"HOST", "PORT", "LITELLM_LOG", "DISABLE_SCHEMA_UPDATE", "PROXY_MASTER_KEY"})


def helm_files(config: ProductionConfig) -> dict[str, str]:
    """Name → text of every file of the export."""
    files = values_files(config)
    return {
        "README.md": helm_readme(config),
        **files,
        "kubernetes/foundation.yaml": documents(
            foundation(), "The namespace, and a service account without a token: apply it first."
        ),
        "kubernetes/network-policy.yaml": documents(
            [network_policy(config)],
            "Who may call the gateway, and whom it may call. Set the addresses of your database, Redis and model "
            "servers in the place of the private networks. It needs a network that enforces policies.",
        ),
        "kubernetes/secrets.example.yaml": secrets_example(config),
    }


def values_files(config: ProductionConfig) -> dict[str, str]:
    """The values files, by their names."""
    files = {VALUES: litellm_values(config), PRODUCTION: litellm_production(config)}
    if config.semantic:
        files[SEMANTIC] = litellm_semantic(config)
    if config.tracing == "langfuse":
        files[LANGFUSE] = langfuse_values()
    return files


def litellm_values(config: ProductionConfig) -> str:
    """What the chart needs to run the configuration."""
    return _values(config, config.text, "The gateway")


def litellm_semantic(config: ProductionConfig) -> str:
    """The second gateway, with the semantic cache: one pod, on the tables of the first."""
    alone = replace(config, replicas=1, files={})
    title = "The gateway with the semantic cache, whose Redis needs the search module (Redis 8 has it)"
    return _values(alone, config.semantic_text, title, Size.of(config))


def _values(config: ProductionConfig, text: str, title: str, size: Size | None = None) -> str:
    chart = f"{LITELLM_CHART} --version {litellm_version()}"
    values = values_text(
        f"{title}, for the chart {chart}.\nSecrets stand here by name and key; README.md says how to make them. "
        "What ends in .invalid is to be filled in.",
        [
            (
                "The release that gateway-kit runs, by its digest, since a tag can be moved; README.md says how to "
                "find it.",
                {
                    "image": {
                        "repository": LITELLM_IMAGE,
                        "tag": f"{litellm_tag()}@{NO_DIGEST}",
                        "pullPolicy": "IfNotPresent",
                    }
                },
            ),
            (
                "One process a worker; pods are added rather than workers.",
                {"replicaCount": config.replicas, "numWorkers": config.workers},
            ),
            (
                "All secrets of the gateway are variables from one Secret, the master key among them.",
                {
                    "masterkeySecretName": ENV_SECRET,
                    "masterkeySecretKey": "LITELLM_MASTER_KEY",
                    "environmentSecrets": [ENV_SECRET],
                },
            ),
            (
                "What is no secret.",
                {
                    "envVars": _environment(config),
                    "logLevel": _log_level(config),
                },
            ),
            (
                "PostgreSQL of your own, 14 or newer: HOST or HOST:PORT. With TLS, set db.url with ?sslmode=require "
                "at its end.",
                {
                    "db": {
                        "useExisting": True,
                        "deployStandalone": False,
                        "endpoint": "postgresql.invalid",
                        "database": "litellm",
                        "secret": {
                            "name": DATABASE_SECRET,
                            "usernameKey": "username",
                            "passwordKey": "password",
                        },
                    }
                },
            ),
            (
                "Redis of your own, 7 or newer, by REDIS_HOST, REDIS_PORT and REDIS_PASSWORD: limits, spend and "
                "cooldowns that all pods share.",
                {"redis": {"enabled": False}},
            ),
            (
                "A job brings the database's tables up to date before new pods start; pods do not. With Argo CD: "
                "hooks.argocd.enabled true, hooks.helm.enabled false.",
                {
                    "migrationJob": {
                        "enabled": True,
                        "hooks": {"helm": {"enabled": True}, "argocd": {"enabled": False}},
                    }
                },
            ),
            (
                "Nobody's token, no root, nothing written but to /tmp and /scratch. The migration job has only "
                "/scratch.",
                {
                    "serviceAccount": {"create": False, "name": SERVICE_ACCOUNT},
                    "podSecurityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": LITELLM_USER,
                        "runAsGroup": LITELLM_USER,
                        "fsGroup": LITELLM_USER,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                },
            ),
            *_folders(config.files),
        ],
    )
    why = "LiteLLM's configuration. Pods are replaced one by one when it changes."
    return values + nested_text(why, "proxy_config", cluster_config(text, size or Size.of(config)))


def _environment(config: ProductionConfig) -> dict[str, str]:
    found = {name: value for name, value in config.environment.items() if name not in _SET_BY_THE_CHART}
    for name, default in plain_variables(config).items():
        found[name] = default or {"REDIS_HOST": "redis.invalid"}.get(name, "")
    if config.tracing == "langfuse":
        found["LANGFUSE_HOST"] = "http://langfuse-web:3000"
    elif config.tracing == "external":
        found["LANGFUSE_HOST"] = found.get("LANGFUSE_HOST") or "https://langfuse.invalid"
    found |= {"PYTHONPATH": _MODULES_FOLDER} if config.files else {}
    return {**found, "LITELLM_MIGRATION_DIR": "/scratch/migrations", "TMPDIR": "/scratch"}


def _log_level(config: ProductionConfig) -> str:
    return config.environment.get("LITELLM_LOG", "ERROR")


def _folders(files: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """A folder to write to and, with modules, one that Python looks for them in."""
    volumes: list[dict[str, Any]] = [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}]
    mounts: list[dict[str, Any]] = [{"name": "scratch", "mountPath": "/scratch"}]
    why = "The folder that the security context leaves to write to."
    if not files:
        return [(why, {"volumes": volumes, "volumeMounts": mounts})]
    items = [{"key": config_map_key(each), "path": each} for each in files]
    # Optional: the migration job mounts it too, before Helm has made it for the first time.
    volumes.append({"name": "modules", "configMap": {"name": _MODULES, "optional": True, "items": items}})
    mounts.append({"name": "modules", "mountPath": _MODULES_FOLDER, "readOnly": True})
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _MODULES, "namespace": NAMESPACE},
        "data": modules_data(files),
    }
    changed = {"checksum/modules": "{{ .Values.extraResources | toJson | sha256sum }}"}
    return [
        (
            f"{why} The other has the Python modules that the configuration names (PYTHONPATH).",
            {"volumes": volumes, "volumeMounts": mounts},
        ),
        (
            "The modules. Pods are replaced one by one when they change.",
            {"podAnnotations": changed, "extraResources": [config_map]},
        ),
    ]
