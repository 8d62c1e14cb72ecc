"""The course on one page: every name in it is one that the installed LiteLLM, or the kit, knows."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from gateway_kit.caching.controls import controls
from gateway_kit.keys import Keys
from gateway_kit.stack.configuration.litellm_names import cache_parameters, litellm_names
from gateway_kit.stack.configuration.litellm_source import classes_of, field_names, folder_of

SUMMARY = (Path(__file__).resolve().parents[2] / "docs" / "summary.md").read_text(encoding="utf-8")
LITELLM = folder_of("litellm")


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, below its head."""
    section = SUMMARY.split(f"## {heading}\n")[1].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_cache_controls_are_litellms_and_the_kits() -> None:
    assert LITELLM is not None
    source = (LITELLM / "types" / "caching.py").read_text()
    known = re.findall(
        r'^ +"([a-z-]+)": ', source.split("DynamicCacheControl = ")[1].partition("\n)")[0], re.MULTILINE
    )
    for theirs, ours, _ in rows("Cache controls of one request"):
        name = names(theirs)[0]
        assert name in known
        (argument,) = names(ours)
        value = {"namespace": "x"}.get(argument, True if argument.startswith("no_") else 5)
        assert controls(**{argument: value}) == {"extra_body": {"cache": {name: value}}}  # type: ignore[arg-type]
    assert {names(row[1])[0] for row in rows("Cache controls of one request")} == set(
        inspect.signature(controls).parameters
    )


def test_a_keys_limits_are_litellms_and_the_kits() -> None:
    assert LITELLM is not None
    kinds = classes_of(LITELLM / "proxy" / "_types.py")
    known = field_names(kinds, "GenerateKeyRequest", "KeyRequestBase", "GenerateRequestBase")
    arguments = set(inspect.signature(Keys.create).parameters)
    for theirs, ours, _ in rows("Limits of a virtual key"):
        assert names(theirs)
        assert set(names(theirs)) <= known
        assert set(names(ours) or names(theirs)) <= arguments


@pytest.mark.parametrize("row", rows("Routing"), ids=lambda row: row[0])
def test_a_routing_setting_is_one_of_litellms(row: list[str]) -> None:
    setting, where, effect = row
    (section,) = names(where)
    known = litellm_names()
    assert set(names(setting)) <= getattr(known, section)
    if "routing_strategy" in setting:
        assert set(names(effect)) <= known.routing_strategies
    if "cache_params" in setting:
        assert set(names(effect)) <= cache_parameters()


def test_the_version_is_the_installed_one() -> None:
    major_minor = ".".join(version("litellm").split(".")[:2])
    assert f"(LiteLLM {major_minor})" in SUMMARY
