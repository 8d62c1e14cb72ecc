"""Rules about what a Compose file or values say of containers: images, probes, memory, and how long they may end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import entries, items, lookup, number_of, text_of
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.production.mends import Delete, Path, Write
from gateway_kit.stack.configuration.production.quantities import bytes_of, seconds_of
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule
from gateway_kit.stack.configuration.production.subject import FILL_IN, Subject

# A digest, or what a person has to fill in there: nothing is started with another text.
_DIGEST = re.compile(r"@sha256:.")
_VERSION = re.compile(r":v?\d+\.\d+[\w.-]*\Z")

# `/health` itself, which calls every model, and none of the paths below it.
_CALLS_MODELS = re.compile(r"/health/?(?![\w/])")

_PROBES = {
    "livenessProbe": "/health/liveliness",
    "readinessProbe": "/health/readiness",
    "startupProbe": "/health/readiness",
}

# Redis and Valkey by their image's name, the oldest version that LiteLLM recommends, and the one that the kit runs.
_REDIS = re.compile(r"(?:^|/)(?:redis|valkey|redis-stack-server|redis-stack):v?(\d+)")
_OLDEST_REDIS, _NEWER_REDIS = 7, "8.2.3"

# Seconds: what Docker gives by default, the least that LiteLLM needs to end, and what the chart gives.
_DOCKER_STOP_S, _LEAST_STOP_S, _STOP_S = 10, 30, 90

# LiteLLM's floor for each worker.
_WORKER_BYTES = 4 * 2**30


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


def _redis_version(subject: Subject) -> Iterator[Hit]:
    for path, node, image in _redis_images(subject):
        match = _REDIS.search(image)
        if match and int(match[1]) < _OLDEST_REDIS:
            why = f"LiteLLM recommends Redis {_OLDEST_REDIS} or newer, and this is {match[1]}."
            newer = _NEWER_REDIS if path[-1] == "tag" else f"{image[: match.start(1)]}{_NEWER_REDIS}"
            yield Hit(node, why, (Write(path, newer),))


def _redis_images(subject: Subject) -> Iterator[tuple[Path, yaml.Node, str]]:
    if subject.kind == "compose":
        services = lookup(subject.document, "services")
        for service in entries(services.value if services else None):
            image = lookup(service.value, "image")
            if image is not None and (name := text_of(image.value)):
                yield ("services", service.key, "image"), image.value, name
    elif subject.kind == "values" and subject.chart_has_redis:
        tag = subject.find("redis", "image", "tag")
        if tag is not None and (name := text_of(tag.value)):
            yield (*subject.gateway, "redis", "image", "tag"), tag.value, f"redis:{name}"


def _stop_time(subject: Subject) -> Iterator[Hit]:
    key = {"compose": "stop_grace_period", "values": "terminationGracePeriodSeconds"}.get(subject.kind)
    if key is None:
        return
    setting = subject.find(key)
    seconds = seconds_of(setting.value) if setting is not None else None
    if seconds is None:
        if subject.kind == "values" or setting is not None:  # the chart gives enough by itself
            return
        seconds = _DOCKER_STOP_S
    if seconds < _LEAST_STOP_S:
        why = (
            f"a gateway is killed {seconds:g} s after it is told to end: answers under way break, and what was spent "
            "and is not written yet is lost."
        )
        place = setting.value if setting is not None else subject.container_place()
        value: object = f"{_STOP_S}s" if subject.kind == "compose" else _STOP_S
        yield Hit(place, why, (Write((*subject.gateway, key), value),))


def _memory(subject: Subject) -> Iterator[Hit]:
    path = (
        ("deploy", "resources", "limits", "memory")
        if subject.kind == "compose"
        else ("resources", "limits", "memory")
    )
    limit = subject.find(*path) if subject.kind != "litellm" else None
    size = bytes_of(limit.value) if limit is not None else None
    if limit is None or size is None or size >= subject.workers * _WORKER_BYTES * 0.95:
        return
    why = (
        f"LiteLLM's floor is 4 GiB a worker, here {4 * subject.workers}: the database engine keeps the memory of the "
        "largest write it ever made, and a gateway beyond its limit is killed under load."
    )
    value = f"{4 * subject.workers}g" if subject.kind == "compose" else f"{4 * subject.workers}Gi"
    yield Hit(limit.value, why, (Write((*subject.gateway, *path), value),))


def _memory_target(subject: Subject) -> Iterator[Hit]:
    path = ("autoscaling", "targetMemoryUtilizationPercentage")
    target = subject.find(*path) if subject.kind == "values" else None
    if target is not None and number_of(target.value) is not None:
        why = "a gateway's memory never shrinks, so that replicas are added for one large write and never removed."
        yield Hit(target.value, why, (Delete((*subject.gateway, *path)),))


RULES = (
    Rule("image-digest", "warning", "https://docs.docker.com/dhi/core-concepts/digests/", _image_digest),
    Rule("probe", "error", f"{DOCS}/health", _probe, ("/health/readiness", "/health/liveliness")),
    Rule("redis-version", "warning", f"{PAGE}#redis", _redis_version),
    Rule(
        "stop-time",
        "warning",
        "https://github.com/BerriAI/litellm/issues/27704",
        _stop_time,
        ("GRACEFUL_SHUTDOWN_TIMEOUT",),
    ),
    Rule("memory", "advice", f"{PAGE}#machine-specifications", _memory),
    Rule("memory-target", "warning", f"{PAGE}#autoscaling", _memory_target),
)
