"""The results of a replay lie in several files, and what has been read is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway_kit.load.program import ReplayProgram
from gateway_kit.stack.servers.load_generator import results
from gateway_kit.stack.servers.load_generator.results import Segments


def program(folder: Path) -> ReplayProgram:
    requests = folder / "requests.jsonl"
    return ReplayProgram(folder, "http://127.0.0.1:9", requests, {"shop": "sk-1"}, in_flight=1, timeout_s=1)


def test_files_that_have_been_read_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "SEGMENT_BYTES", 100)
    reader, writer = program(tmp_path), Segments(tmp_path)
    assert list(reader.new_lines()) == []
    read = []
    writer.head(planned=None)
    for number in range(100):
        writer.rows([json.dumps({"number": number, "padding": "x" * 30})])
        if number % 7 == 0:
            read += list(reader.new_lines())
            assert len(list(tmp_path.glob("calls-*.jsonl"))) == 1
    writer.end("complete")
    read += list(reader.new_lines())
    assert [kind for kind, _ in read] == ["head", *["call"] * 100, "end"]
    assert [fields["number"] for kind, fields in read if kind == "call"] == list(range(100))


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    reader = program(tmp_path)
    file = tmp_path / "calls-00000.jsonl"
    file.write_text('{"number": 1}\n{"num')
    assert len(list(reader.new_lines())) == 1
    file.write_text('{"number": 1}\n{"number": 2}\n')
    assert [fields for _, fields in reader.new_lines()] == [{"number": 2}]


def test_the_keys_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    program(tmp_path)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert "sk-1" not in (tmp_path / "replay.json").read_text()
