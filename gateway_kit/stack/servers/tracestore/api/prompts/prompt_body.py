"""The body of a new version, checked as Langfuse does: as a text prompt, else as a chat prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.folder_names import check_folder_name
from gateway_kit.stack.servers.tracestore.store.prompts import LABEL_PATTERN, MAX_LABEL_CHARS, PRODUCTION

MAX_NAME_CHARS = 1000  # Langfuse has no limit but that of PostgreSQL's index, where it fails
MAX_COMMIT_MESSAGE_CHARS = 500
RESERVED_NAMES = ("new", "metrics", "prompt-detail")

_LABEL = (
    LABEL_PATTERN,
    "Label must be lowercase alphanumeric with optional underscores, hyphens, or periods",
)
_NO_PIPE = ("^[^|]*$", "Prompt name cannot contain '|' character")
_PLACEHOLDER = (
    "^[a-zA-Z][a-zA-Z0-9_]*$",
    "Placeholder name must start with a letter and contain only alphanumeric characters and underscores",
)


@dataclass(frozen=True, slots=True)
class NewPrompt:
    """What a client sent; `tags` is None if it sent none."""

    name: str
    type: str
    prompt: str | list[dict[str, str]]
    labels: list[str]
    config: Any
    tags: list[str] | None
    commit_message: str | None


def read_prompt(body: Any, *, is_first_api: bool = False) -> tuple[NewPrompt | None, checks.Issues]:
    """The new version, or what is wrong with it. The first version of the API has `isActive`, and no message."""
    attempts = []
    for kind in ("text", "chat"):
        wrong: checks.Issues = []
        prompt = _read_as(kind, body, wrong, is_first_api)
        if not wrong and prompt is not None:
            return prompt, []
        attempts.append(wrong)
    return None, issues.of_union([], attempts)


def _read_as(kind: str, body: Any, wrong: checks.Issues, is_first_api: bool) -> NewPrompt | None:
    if checks.fields(body, [], wrong) is None:
        return None
    name = _name(body.get("name", ...), wrong)
    labels = _labels(body.get("labels", []), wrong)
    # A text prompt need not say so.
    if not (kind == "text" and "type" not in body) and body.get("type", ...) != kind:
        wrong.append(issues.not_an_option(["type"], (kind,)))
    content = body.get("prompt", ...)
    prompt = checks.text(content, ["prompt"], wrong) if kind == "text" else _messages(content, wrong)
    config = body.get("config")
    tags = None if body.get("tags") is None else checks.texts(body["tags"], ["tags"], wrong)
    message = None if is_first_api else body.get("commitMessage")
    if message is not None and checks.text(message, ["commitMessage"], wrong) is not None:
        checks.length(message, ["commitMessage"], wrong, most=MAX_COMMIT_MESSAGE_CHARS)
    is_active = is_first_api and checks.boolean(body.get("isActive", ...), ["isActive"], wrong)
    if name is None or labels is None or prompt is None:
        return None
    labels += [PRODUCTION] if is_active else []
    return NewPrompt(name, kind, prompt, labels, {} if config is None else config, tags, message)


def _name(value: Any, wrong: checks.Issues) -> str | None:
    if checks.text(value, ["name"], wrong) is None:
        return None
    checks.length(value, ["name"], wrong, most=MAX_NAME_CHARS)
    name = check_folder_name(value, ["name"], wrong, _NO_PIPE)
    if name in RESERVED_NAMES:
        wrong.append(issues.custom(["name"], f"Prompt name cannot be '{name}'"))
    return name


def _labels(value: Any, wrong: checks.Issues) -> list[str] | None:
    items = checks.items(value, ["labels"], wrong)
    for label, path in items or []:
        if checks.text(label, path, wrong) is not None:
            checks.length(label, path, wrong, least=1, most=MAX_LABEL_CHARS)
            checks.pattern(label, path, wrong, *_LABEL)
    return None if items is None else [label for label, _ in items]


def _messages(value: Any, wrong: checks.Issues) -> list[dict[str, str]] | None:
    items = checks.items(value, ["prompt"], wrong)
    return None if items is None else [_message(item, path, wrong) for item, path in items]


def _message(value: Any, path: issues.Path, wrong: checks.Issues) -> dict[str, str]:
    """A message with its role, or the place where the caller puts messages of its own."""
    as_message: checks.Issues = []
    as_placeholder: checks.Issues = []
    if checks.fields(value, [], as_message) is None:
        wrong += issues.of_union(path, [as_message, as_message])
        return {}
    role = checks.text(value.get("role", ...), ["role"], as_message)
    content = checks.text(value.get("content", ...), ["content"], as_message)
    if role is not None and content is not None:
        return {"role": role, "content": content}
    if value.get("type", ...) != "placeholder":
        as_placeholder.append(issues.not_an_option(["type"], ("placeholder",)))
    name = checks.text(value.get("name", ...), ["name"], as_placeholder)
    if name is not None:
        checks.pattern(name, ["name"], as_placeholder, *_PLACEHOLDER)
    if as_placeholder or name is None:
        wrong += issues.of_union(path, [as_message, as_placeholder])
        return {}
    return {"type": "placeholder", "name": name}
