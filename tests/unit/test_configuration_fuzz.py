"""Checking a file with any content gives findings or none, and never raises an exception."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.configuration import TEMPLATES, check_config, check_text, models_of_text

FUZZED = settings(max_examples=40)

OURS = [(TEMPLATES / f"{name}.yaml").read_text() for name in ("offline", "semantic")]
WORDS = [
    "model_list", "model_name", "litellm_params", "model", "api_key", "openai/gpt-4o-mini", "litellm_settings",
    "cache_params", "type", "ttl", "redis", "fallbacks", "router_settings", "model_group_alias", "os.environ/X",
    "general_settings", "<<", "a", "", "*", "opnai/x", "sk-123456789", "default_fallbacks", "environment_variables",
]  # fmt: skip

keys = st.sampled_from(WORDS) | st.text(max_size=5) | st.integers() | st.booleans() | st.none()
values = st.recursive(
    keys | st.floats() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


def assert_findings_are_sound(text: str) -> None:
    lines = (
        text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029")
    )
    for finding in check_text(text, {}):
        assert 1 <= finding.line <= lines + 1
        assert finding.column >= 1
        assert finding.level in ("error", "warning")
        assert finding.message
        assert finding.fix
        assert "\n" not in str(finding)
    models_of_text(text)


@FUZZED
@given(st.text())
def test_any_text(text: str) -> None:
    assert_findings_are_sound(text)


@FUZZED
@given(st.text(alphabet=" \n\t:-[]{}&*!|>'\"%@`#,?<ab0.~/=\\", max_size=60))
def test_any_mix_of_yaml_characters(text: str) -> None:
    assert_findings_are_sound(text)


@FUZZED
@given(values)
def test_any_yaml_document(value: object) -> None:
    assert_findings_are_sound(yaml.safe_dump(value, allow_unicode=True))


@FUZZED
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(WORDS, values)))
def test_any_document_with_known_sections(value: object) -> None:
    assert_findings_are_sound(yaml.safe_dump(value))


@FUZZED
@given(
    st.sampled_from(OURS),
    st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 30), st.text(max_size=5)), max_size=4),
)
def test_a_template_with_any_edits(text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, length, replacement in edits:
        start = place % len(text)
        text = text[:start] + replacement + text[start + length :]
    assert_findings_are_sound(text)


@FUZZED
@given(st.binary())
def test_any_bytes_in_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "config.yaml"
    path.write_bytes(content)
    assert isinstance(check_config(path, {}), list)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 400,
        "a: " * 3 + "b",
        "model_list: &m [*m]",
        "model_list:\n  - &d\n    model_name: a\n    litellm_params: &p {model: openai/a, x: *p, y: *d}\n",
        "a: &a {<<: *a}",
        "model_list: {<<: {a: 1}, <<: {b: 2}}",
        "x: 0x" + "f" * 9000,
        "x: " + "9" * 9000,
        "x: 190:20:30\ny: 0o9\nz: 1_000\n",
        "x: 2001-12-14t21:59:43.10-99:99",
        "? {a: b}\n: c",
        "? [a]\n: c",
        "a: !!python/object:os.system x",
        "a: !!int x\nb: !!float y\nc: !!binary '*'\nd: !!timestamp z\n",
        "%YAML 9.9\n---\na: 1",
        "\ufeffa: 1",
        "a: \ud800",
        "a: \x07",
        "\r\n\r\r\n\x85\u2028",
    ],
)
def test_known_difficult_inputs(text: str) -> None:
    assert_findings_are_sound(text)


def test_exponentially_nested_anchors_are_checked_without_expanding_them() -> None:
    """Expanded, this file would have 3 to the power of 59 entries, and the test would never end."""
    lines = ["x-0: &a0 {k: v}"]
    lines += [f"x-{n}: &a{n} {{p: *a{n - 1}, q: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 60)]
    deployment = "  - {model_name: a, litellm_params: {model: openai/a, metadata: *a59}}"
    text = "\n".join([*lines, "model_list:", deployment, deployment])
    assert "duplicate-deployment" in {finding.code for finding in check_text(text, {})}
