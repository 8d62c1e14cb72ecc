"""Checking the provider of a model: what to write for one without, and Gemini's two ways in."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text
from tests.unit.test_configuration_check import ENV, GOOD, assert_finding, only


def model(name: str, *lines: str) -> str:
    """The sound file with another model (line 4)."""
    return GOOD.replace("openai/gpt-4o-mini", f'"{name}"') + "".join(f"      {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("name", "lines", "likely"),
    [
        ("claude-3-opus-20240229", (), "anthropic"),
        ("gemini-1.5-flash", (), "gemini"),
        ("command-r-plus", (), "cohere"),
        ("my-own-model", (), "openai"),
        ("gpt-oss:20b", ("api_base: http://ollama:11434",), "ollama_chat"),
        ("gpt-oss:20b", ("api_base: http://127.0.0.1:11434/",), "ollama_chat"),
        ("claude-local", ("api_base: http://127.0.0.1:8000/v1",), "openai"),
        ("claude-local", ("api_base: os.environ/OPENAI_API_KEY",), "anthropic"),
        ("my-own-model", ("api_base: http://[broken",), "openai"),
    ],
)
def test_a_model_without_provider_gets_the_one_that_its_name_or_server_suggests(
    name: str, lines: tuple[str, ...], likely: str
) -> None:
    found = [f for f in check_text(model(name, *lines), ENV) if f.code == "no-provider"]
    assert_finding(found[0], 4, "error", "no-provider", f"for instance {likely}/{name}.")


def test_a_key_for_gemini_without_its_provider_is_told_to_be_of_no_use() -> None:
    finding = only(model("gemini-2.5-pro"))
    assert_finding(finding, 4, "error", "wrong-provider", "Vertex AI", "`model: gemini/gemini-2.5-pro`")
    assert check_text(model("gemini/gemini-2.5-pro"), ENV) == []
    assert check_text(model("gemini-2.5-pro", "vertex_project: mine"), ENV) == []
