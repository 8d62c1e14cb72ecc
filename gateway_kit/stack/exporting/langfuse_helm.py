"""Values for Langfuse's chart `langfuse-k8s`: its two services, with stores of one's own."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.exporting.charts import (
    LANGFUSE_CHART,
    LANGFUSE_CHART_VERSION,
    LANGFUSE_USER,
    LANGFUSE_VERSION,
    NO_DIGEST,
)
from gateway_kit.stack.exporting.kubernetes import ENV_SECRET, LANGFUSE_SECRET
from gateway_kit.stack.exporting.values_text import values_text


def langfuse_values() -> str:
    """Values that need no change but for names of hosts, the address and the first user."""
    return values_text(
        f"Langfuse {LANGFUSE_VERSION}, for the chart {LANGFUSE_CHART} --version {LANGFUSE_CHART_VERSION}.\nSecrets "
        "stand here by name and key; README.md says how to make them. What ends in .invalid is to be filled in.",
        [
            (
                "Salt and encryption key are never changed: the old ones read what is stored. Where they are "
                "missing, the chart makes new ones each time that it is rendered without a cluster.\nThe address is "
                "where people open Langfuse. Nobody signs up; the first user and project are made at the first "
                "start, with the keys that the gateway sends traces by. Nothing is reported to Langfuse's makers.",
                {"langfuse": _langfuse()},
            ),
            (
                "PostgreSQL of your own: another database than the gateway's, best on a server of its own.",
                {
                    "postgresql": {
                        "deploy": False,
                        "host": "langfuse-postgresql.invalid",
                        "auth": {
                            "username": "langfuse",
                            "database": "langfuse",
                            "existingSecret": LANGFUSE_SECRET,
                            "secretKeys": {"userPasswordKey": "postgresql-password"},
                        },
                    }
                },
            ),
            (
                "Redis of your own, with maxmemory-policy noeviction: it holds jobs, and must not be the gateway's, "
                "which may forget.",
                {
                    "redis": {
                        "deploy": False,
                        "host": "langfuse-redis.invalid",
                        "port": 6379,
                        "auth": {
                            "username": "default",
                            "existingSecret": LANGFUSE_SECRET,
                            "existingSecretPasswordKey": "redis-password",
                        },
                    }
                },
            ),
            (
                "ClickHouse of your own. The chart can deploy one, with the ClickHouse operator and cert-manager in "
                "the cluster; cluster.enabled says whether it has several servers.",
                {
                    "clickhouse": {
                        "deploy": False,
                        "host": "http://clickhouse.invalid",
                        "auth": {
                            "username": "langfuse",
                            "existingSecret": LANGFUSE_SECRET,
                            "existingSecretKey": "clickhouse-password",
                        },
                        "cluster": {"enabled": False},
                        "keeper": {"enabled": False},
                    }
                },
            ),
            (
                "An object store of your own, by S3's API: endpoint empty for AWS itself, where forcePathStyle is "
                "false.",
                {
                    "s3": {
                        "deploy": False,
                        "bucket": "langfuse",
                        "region": "us-east-1",
                        "endpoint": "https://s3.invalid",
                        "forcePathStyle": True,
                        "accessKeyId": _secret_ref("s3-access-key-id"),
                        "secretAccessKey": _secret_ref("s3-secret-access-key"),
                    }
                },
            ),
        ],
    )


def _langfuse() -> dict[str, Any]:
    return {
        "image": {"pullPolicy": "IfNotPresent"},
        "salt": _secret_ref("salt"),
        "encryptionKey": _secret_ref("encryption-key"),
        "nextauth": {"url": "https://langfuse.invalid", "secret": _secret_ref("nextauth-secret")},
        "features": {"telemetryEnabled": False, "signUpDisabled": True},
        "logging": {"format": "json", "level": "info"},
        "serviceAccount": {"automountServiceAccountToken": False},
        "podSecurityContext": {
            "runAsNonRoot": True,
            "runAsUser": LANGFUSE_USER,
            "runAsGroup": LANGFUSE_USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "deployment": {
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        },
        "additionalEnv": [
            {"name": "LANGFUSE_INIT_ORG_ID", "value": "gateway"},
            {"name": "LANGFUSE_INIT_PROJECT_ID", "value": "gateway"},
            _from_secret("LANGFUSE_INIT_PROJECT_PUBLIC_KEY", ENV_SECRET, "LANGFUSE_PUBLIC_KEY"),
            _from_secret("LANGFUSE_INIT_PROJECT_SECRET_KEY", ENV_SECRET, "LANGFUSE_SECRET_KEY"),
            {"name": "LANGFUSE_INIT_USER_EMAIL", "value": "admin@langfuse.invalid"},
            _from_secret("LANGFUSE_INIT_USER_PASSWORD", LANGFUSE_SECRET, "init-user-password"),
        ],
        "web": _part("web", cpu="1", memory="2Gi"),
        "worker": _part("worker", cpu="2", memory="4Gi"),
    }


def _part(name: str, *, cpu: str, memory: str) -> dict[str, Any]:
    """One of the two services: at least two pods, more from 60 % of the requested CPU on, one missing at most."""
    return {
        "image": {"tag": f"{LANGFUSE_VERSION}@{NO_DIGEST}"},
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        "hpa": {"enabled": True, "minReplicas": 2, "maxReplicas": 4, "targetCPUUtilizationPercentage": 60},
        "pdb": {"create": True},
        "pod": {
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "langfuse", "app": name}},
                }
            ]
        },
    }


def _secret_ref(key: str) -> dict[str, Any]:
    return {"secretKeyRef": {"name": LANGFUSE_SECRET, "key": key}}


def _from_secret(variable: str, secret: str, key: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
