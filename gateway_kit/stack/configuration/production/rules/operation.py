"""Rules about how the gateway is run: its process, its image and its probes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import entries, items, lookup, text_of
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.production.mends import Path, Write
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule, must_be_given
from gateway_kit.stack.configuration.production.subject import FILL_IN, Subject

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\b")
_VERSION = re.compile(r":v?\d+\.\d+[\w.-]*\Z")

# `/health` itself, which calls every model, and none of the paths below it.
_CALLS_MODELS = re.compile(r"/health/?(?![\w/])")

_PROBES = {
    "livenessProbe": "/health/liveliness",
    "readinessProbe": "/health/readiness",
    "startupProbe": "/health/readiness",
}


def _dotenv(subject: Subject) -> Iterator[Hit]:
    mode = subject.variables.value("LITELLM_MODE")
    if mode == "DEV" or (mode is None and not subject.variables.may_give("LITELLM_MODE")):
        why = (
            "LiteLLM reads a file `.env` in the folder in which it starts: a forgotten one changes its keys."
        )
        yield Hit(subject.variables_place(), why, (subject.set_variable("LITELLM_MODE", "PRODUCTION"),))


def _health_app(subject: Subject) -> Iterator[Hit]:
    if subject.kind == "litellm" and not subject.variables.is_on("SEPARATE_HEALTH_APP"):
        why = "under load a health check waits behind requests, and a gateway that is only busy is restarted."
        yield Hit(subject.variables_place(), why, (subject.set_variable("SEPARATE_HEALTH_APP", "1"),))


def _image_digest(subject: Subject) -> Iterator[Hit]:
    if subject.kind == "compose":
        services = lookup(subject.document, "services")
        for service in entries(services.value if services else None):
            image = lookup(service.value, "image")
            name = text_of(image.value) if image else None
            ours = "litellm" in (name or "")
            if image is not None and name and not (_is_pinned(name) or (_VERSION.search(name) and not ours)):
                path: Path = ("services", service.key, "image")
                yield _unpinned(image.value, name, path)
    elif subject.kind == "values":
        image = subject.find("image")
        tag = lookup(image.value, "tag") if image else None
        name = (text_of(tag.value) if tag else None) or ""
        if not _is_pinned(name):
            place = tag.value if tag else image.key_node if image else subject.root
            yield _unpinned(place, name, (*subject.gateway, "image", "tag"))


def _unpinned(node: yaml.Node, name: str, path: Path) -> Hit:
    what = f"`{shown(name, 60)}`" if name else "the image without a tag"
    why = f"{what} is a name that can be moved: the next start may run other code, and replicas may differ."
    kept = name or "v1.106.12"
    return Hit(node, why, (Write(path, f"{kept}@sha256:{FILL_IN}"),))


def _is_pinned(image: str) -> bool:
    """Whether it has a digest, or a variable that has to be set and so may have one."""
    if _DIGEST.search(image):
        return True
    required = re.search(r"\$\{\w+(:?\?[^}]*)?\}", image)
    return required is not None and (required.start() == 0 or image[: required.start()].endswith("@"))


def _probe(subject: Subject) -> Iterator[Hit]:
    why = "`/health` calls every model at its provider and costs money; a slow provider then restarts the gateway."
    if subject.kind == "values":
        for probe, path in _PROBES.items():
            entry = subject.find(probe, "path")
            if entry is not None and _CALLS_MODELS.fullmatch(text_of(entry.value) or ""):
                step = Write((*subject.gateway, probe, "path"), path)
                yield Hit(entry.value, why, (step,))
    elif subject.kind == "compose":
        test = subject.find("healthcheck", "test")
        texts = [text_of(node) or "" for node in items(test.value)] if test else []
        texts = texts or ([text_of(test.value) or ""] if test else [])
        if test is not None and any(_CALLS_MODELS.search(text) for text in texts):
            mended = [_CALLS_MODELS.sub("/health/readiness", text) for text in texts]
            value = mended if isinstance(test.value, yaml.SequenceNode) else mended[0]
            yield Hit(test.value, why, (Write((*subject.gateway, "healthcheck", "test"), value),))


RULES = (
    Rule("dotenv", "warning", f"{PAGE}#disable-load_dotenv", _dotenv, ("LITELLM_MODE",)),
    Rule(
        "trusted-proxies",
        "advice",
        f"{PAGE}#set-trusted-proxy-ranges",
        must_be_given(
            ("general_settings", "trusted_proxy_ranges"),
            ["10.0.0.0/8"],
            "failed sign-ins to the Admin UI are not limited by address, since LiteLLM does not know your proxies; "
            "write `[]` if clients connect directly.",
        ),
        ("trusted_proxy_ranges",),
    ),
    Rule(
        "health-app",
        "advice",
        "https://github.com/BerriAI/litellm/blob/main/docker/prod_entrypoint.sh",
        _health_app,
    ),
    Rule("image-digest", "warning", "https://docs.docker.com/dhi/core-concepts/digests/", _image_digest),
    Rule("probe", "error", f"{DOCS}/health", _probe, ("/health/readiness", "/health/liveliness")),
)
