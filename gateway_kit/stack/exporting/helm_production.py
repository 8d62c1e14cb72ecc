"""The second values file for LiteLLM's chart: what production adds to a gateway that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.exporting.charts import VALUES
from gateway_kit.stack.exporting.cluster_config import Size
from gateway_kit.stack.exporting.kubernetes import DRAIN_TOKEN, ENV_SECRET, RELEASE
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.values_text import values_text

# Seconds: other machines learn that the pod is going; its calls end; spend is written and the process ends.
_LEAVE, _DRAIN, _END = 5, 300, 25


def litellm_production(config: ProductionConfig) -> str:
    """What production adds: more pods under load, fewer never, and pods that end without cutting a call."""
    size = Size.of(config)
    return values_text(
        f"The gateway in production: give it to Helm after {VALUES}.",
        [
            (
                "More pods from 60 % of the requested CPU on, LiteLLM's advice: a new pod takes a while to be "
                "ready. No target for memory, since what a pod once took it does not give back, and pods would only "
                f"be added.\nBefore you raise maxReplicas, count the database's connections: {size.arithmetic}. A "
                "larger max_connections, or a smaller database_connection_pool_limit in the configuration, makes "
                "room.",
                {
                    "autoscaling": {
                        "enabled": True,
                        "minReplicas": size.least,
                        "maxReplicas": size.most,
                        "targetCPUUtilizationPercentage": 60,
                        "behavior": {
                            "scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
                        },
                    },
                },
            ),
            (
                "1 CPU and 4 GiB a worker. The limit of memory equals the request, so that no pod is ended for its "
                "neighbours; the CPU has no limit, which would slow calls while a core is idle.",
                {
                    "resources": {
                        "requests": {"cpu": str(size.workers), "memory": f"{4 * size.workers}Gi"},
                        "limits": {"memory": f"{4 * size.workers}Gi"},
                    },
                    "migrationJob": {
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "2Gi"},
                        }
                    },
                },
            ),
            (
                "One pod after the other, the new one first, also when machines are emptied.",
                {
                    "strategy": {
                        "type": "RollingUpdate",
                        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
                    },
                    "deploymentMinReadySeconds": 10,
                    "pdb": {"enabled": True, "maxUnavailable": 1},
                },
            ),
            (
                "Pods on different machines and in different zones, as far as there are any.",
                {"topologySpreadConstraints": _spread({"app.kubernetes.io/instance": RELEASE})},
            ),
            (
                "/health calls every model, which costs money: it is no probe.",
                {
                    "livenessProbe": _probe("/health/liveliness", period=15, failures=5),
                    "readinessProbe": _probe("/health/readiness", period=10, failures=3),
                    "startupProbe": _probe("/health/readiness", period=5, failures=60),
                },
            ),
            (
                f"A pod that ends: {_LEAVE} s until no machine sends it anything, up to {_DRAIN} s for its calls "
                f"(GRACEFUL_SHUTDOWN_TIMEOUT, over when the last one is), {_END} s to write spend: "
                f"{_LEAVE + _DRAIN + _END} s together. A call that may take longer (request_timeout) needs both "
                f"numbers larger. The token comes from {ENV_SECRET}; in an httpGet hook it would stand here.",
                {
                    "terminationGracePeriodSeconds": _LEAVE + _DRAIN + _END,
                    "lifecycle": {"preStop": {"exec": {"command": ["python", "-c", _drain_program()]}}},
                    "extraEnvVars": [{"name": "GRACEFUL_SHUTDOWN_TIMEOUT", "value": str(_DRAIN)}],
                },
            ),
        ],
    )


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "path": path,
        "initialDelaySeconds": 0,
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": failures,
    }


def _spread(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "litellm", **labels}},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def _drain_program() -> str:
    return (
        "import os, time, urllib.request as http\n"
        f"time.sleep({_LEAVE})\n"
        "request = http.Request('http://127.0.0.1:4000/health/drain', "
        f"headers={{'X-Drain-Token': os.environ['{DRAIN_TOKEN}']}})\n"
        f"http.urlopen(request, timeout={_DRAIN + _LEAVE})\n"
    )
