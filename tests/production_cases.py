"""Files that follow every rule of the check for production, and each rule broken once.

A `Case` changes one of the files, its variables or the way it is run; the finding has to be at the line that holds
`at`, and its steps, carried out by `mended`, have to make the file follow every rule again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.production import ProductionFinding, check_production
from gateway_kit.stack.configuration.production.subject import FILL_IN

# What a person would fill in.
FILLED_IN = "a" * 64

CONFIG = """\
model_list:
  - model_name: small
    litellm_params:
      model: openai/gpt-5
      api_key: os.environ/OPENAI_API_KEY
      max_tokens: 4096
    model_info:
      max_output_tokens: 4096
  - model_name: large
    litellm_params:
      model: anthropic/claude-opus-4-5
      api_key: os.environ/ANTHROPIC_API_KEY
      max_tokens: 4096
    model_info:
      max_output_tokens: 4096
  - model_name: vectors
    litellm_params:
      model: openai/text-embedding-3-small
      api_key: os.environ/OPENAI_API_KEY
litellm_settings:
  success_callback: [langfuse]
  failure_callback: [langfuse]
  request_timeout: 600
  set_verbose: false
  json_logs: true
  cache: true
  cache_params:
    type: redis
    host: os.environ/REDIS_HOST
    port: os.environ/REDIS_PORT
    password: os.environ/REDIS_PASSWORD
    ttl: 600
    default_in_memory_ttl: 5
  upperbound_key_generate_params:
    duration: 90d
    max_budget: 3
    budget_duration: 30d
router_settings:
  routing_strategy: simple-shuffle
  allowed_fails: 1
  cooldown_time: 30
  fallbacks:
    - small: [large]
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  proxy_batch_write_at: 60
  database_connection_pool_limit: 10
  maximum_spend_logs_retention_period: 90d
  disable_error_logs: true
  alerting: [slack]
  trusted_proxy_ranges: ["10.0.0.0/8"]
  allow_requests_on_db_unavailable: false
  store_prompts_in_spend_logs: false
"""

VARIABLES = {
    "LITELLM_MASTER_KEY": "sk-" + "m" * 40,
    "LITELLM_SALT_KEY": "sk-" + "s" * 40,
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "DISABLE_SCHEMA_UPDATE": "true",
    "SEPARATE_HEALTH_APP": "1",
    "SLACK_WEBHOOK_URL": "https://hooks.example.com/services/x",
    "REDIS_HOST": "redis",
    "REDIS_PORT": "6379",
    "REDIS_PASSWORD": "x" * 20,
}

COMPOSE = """\
services:
  gateway:
    image: ghcr.io/berriai/litellm:v1.106.12@sha256:DIGEST
    command: ["--config", "/app/config.yaml", "--port", "4000", "--num_workers", "2"]
    stop_grace_period: 90s
    deploy:
      replicas: 3
      resources: {limits: {memory: 8g}}
    environment:
      LITELLM_MASTER_KEY: ${LITELLM_MASTER_KEY:?}
      LITELLM_SALT_KEY: ${LITELLM_SALT_KEY:?}
      LITELLM_MODE: PRODUCTION
      LITELLM_LOG: ERROR
      DISABLE_SCHEMA_UPDATE: "true"
      SLACK_WEBHOOK_URL: ${SLACK_WEBHOOK_URL:?}
      DATABASE_URL: postgresql://litellm:${POSTGRES_PASSWORD:?}@postgres:5432/litellm
      REDIS_HOST: redis
      REDIS_PORT: "6379"
      REDIS_PASSWORD: ${REDIS_PASSWORD:?}
    volumes:
      - ./config.yaml:/app/config.yaml:ro
    healthcheck:
      test: ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://localhost:4000/health/readiness')"]
  migrate:
    image: ghcr.io/berriai/litellm:v1.106.12@sha256:DIGEST
    entrypoint: ["python", "litellm/proxy/prisma_migration.py"]
    environment:
      DATABASE_URL: postgresql://litellm:${POSTGRES_PASSWORD:?}@postgres:5432/litellm
  postgres:
    image: postgres@${POSTGRES_PINNED:?}
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}
  redis:
    image: redis:8.2.3
""".replace("DIGEST", "b" * 64)

_INDENTED = "".join(f"  {line}\n" for line in CONFIG.splitlines())
VALUES = f"""\
replicaCount: 3
numWorkers: 1
image:
  repository: ghcr.io/berriai/litellm
  tag: v1.106.12@sha256:{"b" * 64}
masterkeySecretName: litellm-masterkey
logLevel: ERROR
envVars:
  LITELLM_MODE: PRODUCTION
  REDIS_HOST: redis
  REDIS_PORT: "6379"
extraEnvVars:
  - name: LITELLM_SALT_KEY
    valueFrom:
      secretKeyRef: {{name: litellm, key: salt}}
  - name: SLACK_WEBHOOK_URL
    valueFrom:
      secretKeyRef: {{name: litellm, key: slack}}
  - name: REDIS_PASSWORD
    valueFrom:
      secretKeyRef: {{name: redis, key: password}}
migrationJob:
  enabled: true
resources:
  limits:
    memory: 4Gi
terminationGracePeriodSeconds: 90
autoscaling:
  enabled: false
livenessProbe:
  path: /health/liveliness
readinessProbe:
  path: /health/readiness
proxy_config:
{_INDENTED.replace("LITELLM_MASTER_KEY", "PROXY_MASTER_KEY")}"""

FILES = {"config.yaml": CONFIG, "compose.yaml": COMPOSE, "values.yaml": VALUES}


@dataclass(frozen=True)
class Case:
    """One rule, broken: `old` becomes `new` in a file, and `at` is in the finding's line."""

    code: str
    at: str
    old: str = ""
    new: str = ""
    file: str = "config.yaml"
    of: str = ""  # the file that is checked, if it is another
    variables: dict[str, str | None] = field(default_factory=dict)
    run: dict[str, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    before: tuple[str, str] | None = None  # a change that breaks nothing by itself
    also: tuple[str, ...] = ()  # rules that the same change breaks

    @property
    def checked(self) -> str:
        """The file that is checked."""
        return self.of or self.file


def write(folder: Path, case: Case | None = None) -> dict[str, str]:
    """The files, with the case's change in one of them, and the variables."""
    for name, text in FILES.items():
        if case is not None and name == case.file and case.old:
            assert text.count(case.old) >= 1, case.old
            text = text.replace(case.old, case.new, 1)
            text = text.replace(*case.before, 1) if case.before else text
        (folder / name).write_text(text)
    variables: dict[str, str | None] = {**VARIABLES, **(case.variables if case else {})}
    return {name: value for name, value in variables.items() if value is not None}


def check(folder: Path, case: Case, variables: dict[str, str]) -> list[Finding]:
    return check_production(folder / case.checked, _seen(case, variables), **case.run)


def _seen(case: Case, variables: dict[str, str]) -> dict[str, str]:
    """A Compose file and values bring their own variables."""
    return variables if case.checked == "config.yaml" else {}


def mended(folder: Path, case: Case, variables: dict[str, str], findings: Iterable[Finding]) -> list[Finding]:
    """The findings after the steps of these are carried out."""
    for finding in findings:
        assert isinstance(finding, ProductionFinding)
        for step in finding.steps:
            _carry_out(folder, case, variables, step.as_json())
    return check(folder, case, variables)


def _carry_out(folder: Path, case: Case, variables: dict[str, str], step: dict[str, Any]) -> None:
    assert "do" not in step, step
    if "set_variable" in step:
        variables[step["set_variable"]] = _filled_in(step["value"])
        return
    if "unset_variable" in step:
        variables.pop(step["unset_variable"], None)
        return
    path = next(step[verb] for verb in ("write", "add", "delete") if verb in step)
    in_compose = case.checked == "compose.yaml" and path[0] != "services"
    file = folder / ("config.yaml" if in_compose else case.checked)
    document = yaml.safe_load(file.read_text())
    place: Any = document
    for key, following in pairwise(path):
        if isinstance(place, dict) and place.get(key) is None:
            place[key] = [] if isinstance(following, int) else {}
        place = place[key]
    if "write" in step:
        place[path[-1]] = _filled_in(step["value"])
    elif "delete" in step:
        del place[path[-1]]
    else:
        place[path[-1]] = [*(place.get(path[-1]) or []), _filled_in(step["item"])]
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def _filled_in(value: Any) -> Any:
    value = copy.deepcopy(value)
    return value.replace(FILL_IN, FILLED_IN) if isinstance(value, str) else value
