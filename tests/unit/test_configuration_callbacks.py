"""The Langfuse callback in a configuration: its findings and its removal."""

from __future__ import annotations

import pytest
import yaml

from gateway_kit.stack.configuration import (
    TEMPLATES,
    check_text,
    render_offline,
    text_uses_langfuse,
    without_tracing,
)

STACK = {
    "PROVIDERS_URL": "http://127.0.0.1:4010",
    "CHAT_MODEL_URL": "http://127.0.0.1:8090/v1",
    "EMBEDDINGS_URL": "http://127.0.0.1:8091/v1",
    "SIMULATED_VERTEX_CREDENTIALS": "/state/vertex.json",
}
KEYS = {"LANGFUSE_HOST": "http://h", "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
MODELS = "model_list:\n  - model_name: chat\n    litellm_params:\n      model: openai/gpt-4o-mini\n"


def findings(settings: str, env: dict[str, str] | None = None) -> list[tuple[int, str, str]]:
    text = f"{MODELS}litellm_settings:\n{settings}"
    return [(f.line, f.level, f.code) for f in check_text(text, KEYS if env is None else env)]


def test_the_sample_settings_have_no_findings() -> None:
    callbacks = '  success_callback: ["langfuse"]\n  failure_callback: ["langfuse"]\n'
    assert findings(callbacks + '  langfuse_default_tags: ["cache_hit"]\n') == []
    assert findings("  callbacks: [langfuse_otel]\n") == []


@pytest.mark.parametrize("missing", KEYS)
def test_a_callback_without_its_variables_gives_one_warning(missing: str) -> None:
    env = {name: value for name, value in KEYS.items() if name != missing}
    settings = "  success_callback: [langfuse]\n  failure_callback: [langfuse]\n"
    assert findings(settings, env) == [(6, "warning", "callback-variables")]
    assert findings(settings, {**env, missing: " "}) == [(6, "warning", "callback-variables")]
    text = f"{MODELS}litellm_settings:\n{settings}environment_variables:\n  {missing}: given\n"
    assert check_text(text, env) == []
    assert missing in check_text(text.split("environment_variables")[0], env)[0].message


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("  success_callback: langfuse\n", (6, "error", "shape")),
        ("  failure_callback: {langfuse: 1}\n", (6, "error", "shape")),
        ("  success_callback: [langfus]\n", (6, "error", "unknown-callback")),
        ("  callbacks: [langfuse]\n  langfuse_default_tags: cache_hit\n", (7, "error", "shape")),
        ("  langfuse_default_tags: [cache_hit]\n", (6, "warning", "callback-off")),
    ],
)
def test_each_mistake_is_reported(settings: str, found: tuple[int, str, str]) -> None:
    assert findings(settings) == [found]


@pytest.mark.parametrize("template", ["offline", "cloud"])
def test_the_templates_enable_tracing_and_work_without_it(template: str) -> None:
    text = (TEMPLATES / f"{template}.yaml").read_text()
    assert text_uses_langfuse(text)
    bare = without_tracing(text)
    assert not text_uses_langfuse(bare)
    with_it, without = yaml.safe_load(text), yaml.safe_load(bare)
    for name in ("success_callback", "failure_callback", "langfuse_default_tags"):
        assert with_it["litellm_settings"].pop(name)
    assert with_it == without


def test_rendering_without_tracing_leaves_the_callback_out() -> None:
    assert "[langfuse]" in render_offline(STACK)[0]
    text, models = render_offline(STACK, tracing=False)
    assert "[langfuse]" not in text
    assert models == render_offline(STACK)[1]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ("{success_callback: [langfuse], drop_params: true}", {"success_callback": [], "drop_params": True}),
        ("\n  success_callback:\n    - prometheus\n    - langfuse\n  drop_params: true",
         {"success_callback": ["prometheus"], "drop_params": True}),
        ("\n  success_callback:\n  - langfuse\n\n  # next\n  drop_params: true", {"drop_params": True}),
        ("\n  callbacks: langfuse_otel  # traces\n  drop_params: true\n", {"drop_params": True}),
        ("\n  failure_callback: [langfuse, langfuse_otel, slack]", {"failure_callback": ["slack"]}),
        ("\n  callbacks: [prometheus]\n  langfuse_default_tags: [a]",
         {"callbacks": ["prometheus"], "langfuse_default_tags": ["a"]}),
    ],
)  # fmt: skip
def test_only_the_callback_is_removed_in_every_notation(settings: str, left: dict[str, object]) -> None:
    loaded = yaml.safe_load(without_tracing(f"{MODELS}litellm_settings: {settings}\n"))
    assert loaded["litellm_settings"] == left
    assert len(loaded["model_list"]) == 1
