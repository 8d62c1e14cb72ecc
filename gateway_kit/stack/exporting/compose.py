"""`gateway-kit export compose`: the configuration in force as a folder for Docker Compose."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from gateway_kit.common.redis_search import REDIS_IMAGE
from gateway_kit.stack.exporting.compose_langfuse import (
    LANGFUSE_VARIABLES,
    langfuse_images,
    langfuse_services,
    langfuse_volumes,
)
from gateway_kit.stack.exporting.compose_readme import readme
from gateway_kit.stack.exporting.compose_services import (
    ROUTING_FILE,
    SEMANTIC,
    gateway_names,
    routing_text,
    stack_services,
)
from gateway_kit.stack.exporting.env_example import env_example
from gateway_kit.stack.exporting.fill_in_script import fill_in_script
from gateway_kit.stack.exporting.images import (
    LITELLM,
    POSTGRES_IMAGE,
    balancer_image,
    digest_of,
    digest_variable,
    gateway_image,
)
from gateway_kit.stack.exporting.production_config import CONFIG_FILE, SEMANTIC_FILE, ProductionConfig
from gateway_kit.stack.exporting.rolling_update import rolling_update
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.exporting.yaml_text import yaml_text
from gateway_kit.stack.replicas import BALANCER

COMPOSE_FILE, ENV_FILE, README = "compose.yaml", ".env.example", "README.md"
FILL_IN, ROLLING = "fill-in.sh", "rolling-update.sh"

_HEAD = """\
# A gateway for production on one machine, by Docker Compose. README.md says what to fill in, and in which order.
#
# All variables come from the file .env beside this one. Only the entry is published, and only on this machine:
# GATEWAY_ADDRESS=0.0.0.0 opens it to others, once something with TLS is in front.
"""

# What holds for every service.
_DEFAULTS = """\
x-defaults: &defaults
  restart: unless-stopped
  security_opt: ["no-new-privileges:true"]
  logging:
    driver: json-file
    options: {max-size: 20m, max-file: "5"}
"""

_WORDS = {
    "balancer": "Sends each request to a gateway that is ready; one that reached no gateway goes to another.",
    "gateway": "LiteLLM. It answers once the database does, and ends once the answers under way have ended.",
    SEMANTIC: "A second gateway, with the semantic cache: a LiteLLM has one cache.",
    "migrate": "Brings the database's tables up to date, before any gateway of this version starts.",
    "postgres": "Keys, teams, budgets, spend.",
    "redis": "The cache, and what the gateways count together. Its search module is for the semantic cache.",
    "langfuse-web": "Langfuse: a trace of every call. Its services are Langfuse's own, without high availability.",
}

_OWN_VARIABLES = (
    Variable(
        "POSTGRES_PASSWORD", True, "password of the gateway's database; fixed at its first start", needed=True
    ),
    Variable(
        "GATEWAY_ADDRESS", False, "address of this machine that the entry listens on", default="127.0.0.1"
    ),
    Variable("GATEWAY_PORT", False, "port of the entry", default="4000"),
)


def compose_files(made: ProductionConfig) -> dict[str, str]:
    """The files of the export: name → text."""
    files = {
        COMPOSE_FILE: compose_text(made),
        ENV_FILE: env_example(compose_variables(made)),
        CONFIG_FILE: made.text,
        FILL_IN: fill_in_script(compose_variables(made), _digests(made)),
        # With the secrets in it, .env belongs in no repository; nor do dumps of the database.
        ".gitignore": ".env\n.env.old\n*.dump\n",
        README: readme(made, compose_variables(made)),
        **({SEMANTIC_FILE: made.semantic_text} if made.semantic_text else {}),
        **made.files,
    }
    if made.replicas > 1:
        files[ROUTING_FILE] = routing_text(made)
        files[ROLLING] = rolling_update(gateway_names(made))
    return files


def compose_text(made: ProductionConfig) -> str:
    """The Compose file."""
    traced = made.tracing == "langfuse"
    services = {**stack_services(made), **(langfuse_services() if traced else {})}
    volumes = ["postgres", "redis", *(langfuse_volumes() if traced else [])]
    networks: dict[str, Any] = {"front": {}, "data": {"internal": True}}
    if traced:
        networks["traces"] = {"internal": True}
    parts = [
        _HEAD,
        "name: llm-gateway\n",
        _DEFAULTS,
        "services:\n" + "\n".join(_service(name, service) for name, service in services.items()),
        "# An internal network leads nowhere: what is in no other is reached by its neighbours alone.\n"
        + yaml_text({"networks": networks}),
        yaml_text({"volumes": {name: {} for name in volumes}}),
    ]
    return "\n".join(parts)


def compose_variables(made: ProductionConfig) -> tuple[Variable, ...]:
    """The variables of the Compose file, in the order in which they are filled in."""
    semantic = (
        Variable("SEMANTIC_PORT", False, "port of the gateway with the semantic cache", default="4001"),
    )
    listed = [
        Variable(
            LITELLM,
            False,
            f"digest of {gateway_image()}, sha256:…; README.md says how to verify it",
            needed=True,
        ),
        *(digest_variable(image, service) for service, image in _images(made).items()),
        *made.variables,
        *_OWN_VARIABLES,
        *(semantic if made.semantic_text else ()),
        *(LANGFUSE_VARIABLES if made.tracing == "langfuse" else ()),
    ]
    # What the file sets itself, such as the address of its own Redis, is not for anybody to fill in.
    text = compose_text(made)
    used = [each for each in listed if f"${{{each.name}:" in text]
    return tuple(sorted(used, key=lambda each: not each.needed))


def _digests(made: ProductionConfig) -> dict[str, str]:
    """The variable of each digest → the image that it is for."""
    return {LITELLM: gateway_image(), **{digest_of(name): image for name, image in _images(made).items()}}


def _images(made: ProductionConfig) -> dict[str, str]:
    """Service → image, of those besides LiteLLM that have no digest yet."""
    return {
        **({BALANCER: balancer_image()} if made.replicas > 1 else {}),
        "postgres": POSTGRES_IMAGE,
        "redis": REDIS_IMAGE,
        **(langfuse_images() if made.tracing == "langfuse" else {}),
    }


def _service(name: str, service: Mapping[str, Any]) -> str:
    words = _WORDS.get(name) or (_WORDS["gateway"] if name == "gateway-1" else "")
    head = f"  # {words}\n" if words else ""
    body = textwrap.indent(yaml_text(service), "    ")
    return f"{head}  {name}:\n    <<: *defaults\n{body}"
