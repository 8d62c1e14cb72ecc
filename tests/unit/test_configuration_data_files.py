"""Files that a configuration names are looked up in its folder; its copy has their absolute paths."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway_kit.stack.configuration import check_config
from gateway_kit.stack.configuration.data_files import with_whole_paths

TEXT = """\
model_list:
  - model_name: pro
    litellm_params: {{model: vertex_ai/gemini-1.5-pro, vertex_credentials: {value}}}   # a comment
litellm_settings:
  ssl_verify: {value}
"""


@pytest.mark.parametrize("name", ["account.json", "keys/my account.json", "./account.json", "schlüssel.json"])
def test_a_relative_path_becomes_absolute_in_the_copy(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    text = TEXT.format(value=f'"{name}"')
    config = tmp_path / "mine.yaml"
    config.write_text(text)
    assert [f.line for f in check_config(config, {}) if f.code == "missing-file"] == [3, 5]
    assert with_whole_paths(text, tmp_path) == text
    path.write_text("{}")
    assert [f for f in check_config(config, {}) if f.code == "missing-file"] == []
    copy = with_whole_paths(text, tmp_path)
    assert "# a comment" in copy
    read = yaml.safe_load(copy)
    for found in (
        read["model_list"][0]["litellm_params"]["vertex_credentials"],
        read["litellm_settings"]["ssl_verify"],
    ):
        assert Path(found).is_absolute()
        assert Path(found).samefile(path)


NO_PATHS = (
    "os.environ/ACCOUNT", "/etc/hostname", "false", '""', '"${SIMULATED_VERTEX_CREDENTIALS}"',
    """'{"type": "service_account"}'""",
)  # fmt: skip


@pytest.mark.parametrize("value", NO_PATHS)
def test_other_values_are_not_changed(tmp_path: Path, value: str) -> None:
    text = TEXT.format(value=value)
    config = tmp_path / "mine.yaml"
    config.write_text(text)
    assert [f for f in check_config(config, {"ACCOUNT": "x"}) if f.code == "missing-file"] == []
    assert with_whole_paths(text, tmp_path) == text


def test_a_misspelt_name_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "account.json").write_text("{}")
    config = tmp_path / "mine.yaml"
    config.write_text(TEXT.format(value="acount.json"))
    found = [f for f in check_config(config, {}) if f.code == "missing-file"]
    assert all("Did you mean `account.json`?" in f.fix for f in found)
