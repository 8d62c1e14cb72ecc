"""A Compose file: which of its services is the gateway, what it gets, and where its configuration is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    entries,
    is_null,
    items,
    lookup,
    number_of,
    read_document,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.production.interpolation import interpolated
from gateway_kit.stack.configuration.production.mends import Path as Keys
from gateway_kit.stack.configuration.production.mends import Write
from gateway_kit.stack.configuration.production.secret_names import is_secret
from gateway_kit.stack.configuration.production.subject import WrittenSecret
from gateway_kit.stack.configuration.production.variables import Variables
from gateway_kit.stack.configuration.reading import read_text

_MIGRATION = re.compile(r"migrat", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*\Z")
_CONFIG_OPTION, _WORKERS_OPTION = "--config", "--num_workers"


def is_compose(root: yaml.Node) -> bool:
    """Whether a file is a Compose file and no configuration of LiteLLM's."""
    services = lookup(root, "services")
    return (
        services is not None
        and isinstance(services.value, yaml.MappingNode)
        and not lookup(root, "model_list")
    )


def gateways_of(root: yaml.Node) -> list[Entry]:
    """The services that run LiteLLM's gateway."""
    return [service for service in _litellm(root) if not _migrates(service)]


def with_dotenv(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that Compose fills in: those of the file `.env` beside it, unless the environment has them."""
    text = read_text(folder / ".env")
    return environ if isinstance(text, Finding) else {**_assignments(text), **environ}


def replicas_of(root: yaml.Node) -> int:
    """How many gateways the file starts."""
    return max(sum(_replicas(service) for service in gateways_of(root)), 1)


def migrates(root: yaml.Node) -> bool:
    """Whether a service of its own brings the database's tables up to date."""
    return any(_migrates(service) for service in _litellm(root))


def workers_of(service: Entry, variables: Variables) -> int:
    """The processes of a gateway: what its command says, or the variable, or one."""
    told = _option(service, _WORKERS_OPTION) or variables.value("NUM_WORKERS") or "1"
    return int(told) if told.isdecimal() and 0 < int(told) < 10_000 else 1


def variables_of(service: Entry, folder: Path, environ: Mapping[str, str]) -> Variables:
    """What the service gets by `environment:` and `env_file:`; a file that is not there may give anything."""
    values: dict[str, str] = {}
    referred: set[str] = set()
    more = False
    for path, required in _env_files(service):
        text = read_text(folder / path)
        if isinstance(text, Finding):
            more = more or required
            continue
        values |= _assignments(text)
    for _, name, node in _environment(service):
        written = _scalar(node)
        value = environ.get(name) if written is None else interpolated(written, environ)
        values.pop(name, None)
        referred.discard(name)
        if value is not None:
            values[name] = value
        else:
            referred.add(name)
    environment = lookup(service.value, "environment")
    node = environment.key_node if environment is not None else service.key_node
    return Variables(values, frozenset(referred), more, node)


def secrets_of(root: yaml.Node) -> tuple[WrittenSecret, ...]:
    """The secrets that stand in the file as text, of all services."""
    services = lookup(root, "services")
    found = []
    for service in entries(services.value if services else None):
        for key, name, node in _environment(service):
            written = _scalar(node)
            default = re.fullmatch(r"\$\{\w+:?-([^}]+)\}", written or "")
            if written is not None and is_secret(name, default[1] if default else written):
                path: Keys = ("services", service.key, "environment", key)
                given = f"${{{name}:?}}"
                value = given if isinstance(key, str) else f"{name}={given}"
                found.append(WrittenSecret(name, node, (Write(path, value),)))
    return tuple(found)


def configuration_of(
    root: yaml.Node, service: Entry, path: Path
) -> tuple[yaml.Node | None, Path | None, list[Finding]]:
    """The gateway's configuration, the file that it stands in, and what is wrong with finding it."""
    wanted = _option(service, _CONFIG_OPTION)
    for target, source, node in (*_mounts(service), *_configs(root, service)):
        if (
            source is None
            or (wanted is not None and target != wanted)
            or not target.endswith((".yaml", ".yml", ".json"))
        ):
            continue
        if isinstance(source, yaml.Node):
            return *_inline(source), []
        return _in_file(path, source, node)
    message = f"the configuration of `{shown(service.key, 40)}` is not found: no mount or config has {wanted or 'one'}."
    fix = (
        f"Mount it: `volumes: [./config.yaml:{wanted or '/app/config.yaml'}:ro]`, or check that file itself."
    )
    return None, None, [finding_at(service.key_node, "error", "no-configuration", message, fix)]


def _inline(content: yaml.Node) -> tuple[yaml.Node | None, Path | None]:
    """A configuration that stands in the Compose file itself, with its lines there."""
    text = (text_of(content) or "").replace("$$", "$")
    block = isinstance(content, yaml.ScalarNode) and content.style in ("|", ">")
    above = content.start_mark.line + (1 if block else 0)
    root, _ = read_document("\n" * above + text)
    return root, None


def _in_file(path: Path, source: str, node: yaml.Node) -> tuple[yaml.Node | None, Path | None, list[Finding]]:
    file = path.parent / source
    text = read_text(file)
    if isinstance(text, Finding):
        finding = finding_at(node, "error", "no-configuration", f"the configuration {text.message}", text.fix)
        return None, file, [finding]
    root, findings = read_document(text, str(file))
    return root, file, findings


def _assignments(text: str) -> dict[str, str]:
    matches = (_ASSIGNMENT.match(line) for line in text.splitlines())
    return {match[1]: match[2].strip("'\"") for match in matches if match}


def _litellm(root: yaml.Node) -> Iterator[Entry]:
    services = lookup(root, "services")
    for service in entries(services.value if services else None):
        image = lookup(service.value, "image")
        if image is not None and "litellm" in (text_of(image.value) or "").casefold():
            yield service


def _migrates(service: Entry) -> bool:
    told = [*_words(service, "command"), *_words(service, "entrypoint")]
    return any(_MIGRATION.search(word) for word in told)


def _replicas(service: Entry) -> int:
    for path in (("deploy", "replicas"), ("scale",)):
        entry = lookup(service.value, *path)
        number = number_of(entry.value) if entry is not None else None
        if number is not None and 1 <= number < 10_000:
            return int(number)
    return 1


def _words(service: Entry, key: str) -> list[str]:
    entry = lookup(service.value, key)
    if entry is None:
        return []
    text = text_of(entry.value)
    if text is None:
        return [_scalar(node) or "" for node in items(entry.value)]
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _option(service: Entry, name: str) -> str | None:
    words = [*_words(service, "entrypoint"), *_words(service, "command")]
    for number, word in enumerate(words):
        if word == name:
            return words[number + 1] if number + 1 < len(words) else None
        if word.startswith(f"{name}="):
            return word.partition("=")[2] or None
    return None


def _environment(service: Entry) -> Iterator[tuple[str | int, str, yaml.Node]]:
    """Each variable: its key in the mapping or number in the list, its name, and the node with its value."""
    entry = lookup(service.value, "environment")
    for each in entries(entry.value if entry else None):
        yield each.key, each.key, each.value
    for number, node in enumerate(items(entry.value if entry else None)):
        name, equals, value = (text_of(node) or "").partition("=")
        tag = "tag:yaml.org,2002:str" if equals else "tag:yaml.org,2002:null"
        if name:
            yield number, name, yaml.ScalarNode(tag, value, node.start_mark, node.end_mark)


def _env_files(service: Entry) -> Iterator[tuple[str, bool]]:
    entry = lookup(service.value, "env_file")
    if entry is None:
        return
    for node in items(entry.value) or [entry.value]:
        path, required = lookup(node, "path"), lookup(node, "required")
        text = text_of(path.value) if path is not None else text_of(node)
        if text:
            yield text, required is None or _scalar(required.value) != "false"


def _mounts(service: Entry) -> Iterator[tuple[str, str | None, yaml.Node]]:
    """Each mount of a file: where it is in the container, and which file it is."""
    entry = lookup(service.value, "volumes")
    for node in items(entry.value if entry else None):
        text = text_of(node)
        if text is not None and text.count(":") >= 1:
            source, target = text.split(":")[:2]
            yield target, source, node
        elif text is None:
            source_entry, target_entry = lookup(node, "source"), lookup(node, "target")
            if source_entry is not None and target_entry is not None:
                yield text_of(target_entry.value) or "", text_of(source_entry.value), node


def _configs(root: yaml.Node, service: Entry) -> Iterator[tuple[str, str | yaml.Node | None, yaml.Node]]:
    """Each of `configs:`: where it is in the container, and its file or its content."""
    entry = lookup(service.value, "configs")
    for node in items(entry.value if entry else None):
        named, target = lookup(node, "source"), lookup(node, "target")
        name = text_of(named.value) if named is not None else text_of(node)
        if name is None:
            continue
        content, file = lookup(root, "configs", name, "content"), lookup(root, "configs", name, "file")
        source = content.value if content is not None else text_of(file.value) if file is not None else None
        yield (text_of(target.value) if target else None) or f"/{name}.yaml", source, node


def _scalar(node: yaml.Node | None) -> str | None:
    return str(node.value) if isinstance(node, yaml.ScalarNode) and not is_null(node) else None
