"""Langfuse's own services in the exported Compose file: those of the devcontainer's, under names of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from gateway_kit.errors import NotSetUpError
from gateway_kit.stack.exporting.compose_services import OF_POSTGRES, published_port
from gateway_kit.stack.exporting.images import pinned, required
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.services.langfuse import COMPOSE_FILE
from gateway_kit.stack.services.langfuse_env import SECRETS

# The gateway has a PostgreSQL and a Redis of its own; Langfuse's Redis must drop nothing when memory is short.
_NAMES = {
    "postgres": "langfuse-postgres",
    "redis": "langfuse-redis",
    "clickhouse": "langfuse-clickhouse",
    "minio": "langfuse-minio",
}
_VOLUMES = {**_NAMES, "clickhouse-logs": "langfuse-clickhouse-logs"}
# A store's name where it is the host of an address, or alone.
_HOST = re.compile(r"(?P<before>(//|@)|\A)(?P<name>postgres|redis|clickhouse|minio)(?P<after>:\d+|\Z)")
_ORGANISATION = {"kit-org": "main", "Kit": "Main", "kit": "main"}
# A variable: whoever has an S3 store of their own gives its access key.
_S3_USER, _S3_USER_KEYS = (
    required("LANGFUSE_S3_USER"),
    ("MINIO_ROOT_USER", "LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID"),
)
# Of each service, so that none of them starves the gateways.
_CPUS = "2"

LANGFUSE_VARIABLES = (
    Variable("LANGFUSE_INIT_USER_EMAIL", False, "whom the first sign-in on Langfuse's page is for", needed=True),
    Variable("LANGFUSE_INIT_USER_PASSWORD", True, "password of that user", needed=True),
    *(Variable(name, True, f"{name.removeprefix('LANGFUSE_').replace('_', ' ').lower()} of Langfuse", needed=True)
      for name in SECRETS),
    Variable("LANGFUSE_WEB_URL", False, "address of Langfuse's page in the browser; at another nobody can sign in",
             default="http://127.0.0.1:3000"),
    Variable("LANGFUSE_S3_USER", False, "user of Langfuse's S3 store", needed=True, default="langfuse"),
    Variable("LANGFUSE_WEB_PORT", False, "port of Langfuse's page on this machine", default="3000"),
)  # fmt: skip


def langfuse_services() -> dict[str, dict[str, Any]]:
    """Langfuse's six services. Raises NotSetUpError where the devcontainer's file is missing."""
    services = _file()["services"]
    return {_NAMES.get(name, name): _service(name, service) for name, service in services.items()}


def langfuse_images() -> dict[str, str]:
    """The images that are not pinned by digest in the devcontainer's file: service → image."""
    images = {_NAMES.get(name, name): service["image"] for name, service in _file()["services"].items()}
    return {name: image for name, image in images.items() if "@" not in image}


def langfuse_volumes() -> list[str]:
    """The volumes of Langfuse's services."""
    return [_VOLUMES.get(name, name) for name in _file()["volumes"]]


def _file() -> dict[str, Any]:
    if not COMPOSE_FILE.is_file():
        raise NotSetUpError(str(COMPOSE_FILE))
    read: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return read


def _service(name: str, service: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in service.items() if key != "restart"}
    made["environment"] = {
        key: _S3_USER if key in _S3_USER_KEYS else _renamed(value)
        for key, value in service["environment"].items()
    }
    if "depends_on" in made:
        made["depends_on"] = {_NAMES.get(each, each): how for each, how in service["depends_on"].items()}
    if "volumes" in made:
        made["volumes"] = [_volume(each) for each in service["volumes"]]
    if "ports" in made:
        made["ports"] = [published_port("LANGFUSE_WEB_PORT", 3000, 3000)]
    # Only the page is reached from outside; the worker and the stores reach nothing.
    made["networks"] = ["front", "traces"] if name == "langfuse-web" else ["traces"]
    made["stop_grace_period"] = "60s"
    made["image"] = pinned(service["image"], _NAMES.get(name, name))
    made.update(OF_POSTGRES if name == "postgres" else {"cap_drop": ["ALL"]})
    made["deploy"] = {"resources": _with_cpus(service["deploy"]["resources"])}
    return made


def _with_cpus(resources: Mapping[str, Any]) -> dict[str, Any]:
    return {**resources, "limits": {"cpus": _CPUS, **resources["limits"]}}


def _renamed(value: str) -> str:
    """A variable's value, with the stores' names and the variables of this file."""
    return _ORGANISATION.get(value) or _HOST.sub(_replaced, _variables(value))


def _replaced(found: re.Match[str]) -> str:
    return f"{found['before']}{_NAMES[found['name']]}{found['after']}"


def _variables(text: str) -> str:
    defaults = {each.name: each.default for each in LANGFUSE_VARIABLES if each.default}

    def reference(found: re.Match[str]) -> str:
        name = found[1]
        return f"${{{name}:-{defaults[name]}}}" if name in defaults else required(name)

    return re.sub(r"\$\{(\w+):\?[^}]*\}", reference, text)


def _volume(text: str) -> str:
    name, _, where = text.partition(":")
    return f"{_VOLUMES.get(name, name)}:{where}"
