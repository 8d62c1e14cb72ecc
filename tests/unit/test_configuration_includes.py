"""A configuration that includes others: found, merged, checked as one; findings name file and line.

That LiteLLM merges in the same way is shown in tests/stack/test_configuration_is_true.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway_kit.stack.configuration import Finding, check_config
from gateway_kit.stack.configuration.includes import flattened

MODELS = """\
model_list:
  - model_name: chat
    litellm_params:
      model: openai/gpt-4o-mini
      api_key: none
  - model_name: chat-b
    litellm_params:
      model: openai/gpt-4o
      api_key: none
"""
ROOT = """\
include:
  - models.yaml
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
litellm_settings:
  fallbacks:
    - chat: [chat-b]
"""


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "root.yaml"


def errors(path: Path) -> list[Finding]:
    return [finding for finding in check_config(path, {}) if finding.level == "error"]


def warned(path: Path) -> set[str]:
    return {finding.code for finding in check_config(path, {}) if finding.level == "warning"}


def test_included_files_are_part_of_the_configuration(tmp_path: Path) -> None:
    path = write(tmp_path, root=ROOT, models=MODELS)
    assert errors(path) == []
    assert "no-models" not in warned(path)


def test_a_name_is_looked_up_in_all_files(tmp_path: Path) -> None:
    path = write(tmp_path, root=ROOT.replace("[chat-b]", "[chat-c]"), models=MODELS)
    (found,) = errors(path)
    assert (found.code, found.file, found.line) == ("unknown-model", "", 7)
    assert "chat-b" in found.fix


def test_a_mistake_in_an_included_file_names_it_and_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, root=ROOT, models=MODELS.replace("openai/gpt-4o\n", "opnai/gpt-4o\n"))
    (found,) = errors(path)
    assert (found.file, found.line) == (str(tmp_path / "models.yaml"), 8)
    assert f"{tmp_path / 'models.yaml'} line 8" in str(found)


def test_a_broken_included_file_names_it(tmp_path: Path) -> None:
    path = write(tmp_path, root=ROOT, models="model_list:\n\t- x\n")
    assert {(found.file, found.code) for found in errors(path)} == {(str(tmp_path / "models.yaml"), "yaml")}


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("include:\n  - model.yaml\n", "Did you mean `models.yaml`?"),
        ("include:\n  - nowhere/at-all.yaml\n", "does not exist"),
        ("include: models.yaml\n", "must be a list of files"),
        ("include:\n  - [models.yaml]\n", "holds a list"),
        ("include:\n  - list.yaml\n", "must be a mapping"),
    ],
)
def test_a_missing_include_is_rejected(tmp_path: Path, include: str, message: str) -> None:
    path = write(tmp_path, root=include, models=MODELS, list="- a\n")
    (found,) = errors(path)
    assert message in str(found)
    assert "no-models" not in warned(path)


def test_a_replaced_section_gives_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, root=ROOT, models=MODELS + "litellm_settings:\n  drop_params: true\n")
    (found,) = [found for found in check_config(path, {}) if found.code == "replaced-section"]
    assert (found.file, found.line) == (str(tmp_path / "models.yaml"), 10)
    assert "line 5" in found.message


def test_nested_files_are_listed_once_in_order(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        root="include: [parts/a.yaml, b.yaml]\nmodel_list: [one]\nx-note: root\n",
        parts__a="include: [c.yaml, ../b.yaml, ../root.yaml]\nmodel_list: [two]\nx-note: a\n",
        parts__c="model_list: [three]\nlitellm_settings: {drop_params: true}\n",
        b="model_list: [four]\nlitellm_settings: {num_retries: 2}\n",
    )
    assert yaml.safe_load(flattened(path.read_text(), path)) == {
        "model_list": ["one", "two", "four", "three"],
        "x-note": "a",
        "litellm_settings": {"drop_params": True},
    }


def test_text_without_includes_is_not_changed(tmp_path: Path) -> None:
    path = write(tmp_path, root=MODELS)
    assert flattened(path.read_text(), path) == MODELS


def test_mistakes_on_the_same_line_of_two_files_are_both_reported(tmp_path: Path) -> None:
    head = "model_list:\n  - model_name: %s\n    litellm_params: {model: openai/gpt-4o, api_key: k, %s}\n"
    models = head % ("two", "temperature: warm")
    include = "include: [models.yaml]\n"

    def warm(root: str) -> list[Finding]:
        path = write(tmp_path, root=root + include, models=models)
        return [f for f in check_config(path, {}) if "temperature" in f.message]

    (alone,) = warm(head % ("one", "rpm: 1"))
    line = (head % ("one", "")).splitlines()[2].rstrip("}")
    padded = f"{line:<{alone.column - 1}}rpm_limit: 1}}"  # another rule reports this, at the same place
    root = "\n".join([*(head % ("one", "")).splitlines()[:2], padded, ""])
    assert [(f.file, f.line, f.column) for f in warm(root)] == [(alone.file, alone.line, alone.column)]
