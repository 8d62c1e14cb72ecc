"""`gateway-kit up --answers FILE`: the file is checked before anything starts, and the simulator gets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway_kit.errors import SettingsError
from gateway_kit.settings import load_settings
from gateway_kit.stack.options import NO_ANSWERS, Options, with_options
from gateway_kit.stack.services.providers import check_answers, providers_service
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.record import StackRecord


def answers(tmp_path: Path, *lines: object) -> Path:
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    return file


def test_a_bad_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    file = answers(tmp_path, {"pattern": "a", "text": "b"}, {"pattern": "c", "txt": "d"})
    stack = Stack({"GATEWAY_HOME": str(tmp_path / "home")})
    with pytest.raises(SettingsError, match=r'line 2: An answer has no "txt".* --answers none'):
        stack.up(Options(answers=str(file)))
    assert stack.record() == StackRecord()
    with pytest.raises(SettingsError, match="There is no such file"):
        stack.up(Options(answers=str(tmp_path / "nowhere")))


def test_a_file_beside_somebody_elses_simulator_is_refused(tmp_path: Path) -> None:
    file = answers(tmp_path, {"pattern": "a", "text": "b"})
    environment = {"GATEWAY_HOME": str(tmp_path / "home"), "PROVIDERS_URL": "http://127.0.0.1:9"}
    with pytest.raises(SettingsError, match="somebody else's simulator"):
        Stack(environment).up(Options(answers=str(file)))


def test_the_simulator_gets_the_file_and_is_another_one_if_it_changes(tmp_path: Path) -> None:
    file = answers(tmp_path, {"pattern": "a", "text": "b"})
    check_answers(file)
    settings = load_settings({"GATEWAY_HOME": str(tmp_path)})
    models = "http://127.0.0.1:8091/v1"
    plain = providers_service(settings, embeddings_url=models)
    first = providers_service(replace(settings, answers=file), embeddings_url=models)
    assert first.env["PROVIDERS_ANSWERS"] == str(file)
    answers(tmp_path, {"pattern": "a", "text": "c"})
    second = providers_service(replace(settings, answers=file), embeddings_url=models)
    assert len({plain.identity, first.identity, second.identity}) == 3


def test_the_record_keeps_the_file_until_another_or_none_is_named() -> None:
    record = with_options(StackRecord(), Options(answers="/a.jsonl"))
    assert record.answers == "/a.jsonl"
    assert with_options(record, Options()).answers == "/a.jsonl"
    assert with_options(record, Options(answers=NO_ANSWERS)).answers is None
