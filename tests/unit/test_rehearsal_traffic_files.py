"""Logged traffic: how files are packed, encoded and laid out, and what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import threading
from pathlib import Path

import pytest

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic import read_traffic

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "grüß dich 你好"}]}
LINES = "".join(json.dumps(HI | {"time": 1777629600 + n}, ensure_ascii=False) + "\n" for n in range(3))

OBJECTS = [json.loads(line) for line in LINES.splitlines()]


def texts(path: Path) -> list[str]:
    with read_traffic(path, bad_lines="fail") as traffic:
        return [call.body["messages"][0]["content"] for call in traffic.calls() if call.body]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LINES.encode(), id="plain"),
        pytest.param(gzip.compress(LINES.encode()), id="gzip"),
        pytest.param(gzip.compress(LINES[:5].encode()) + gzip.compress(LINES[5:].encode()), id="gzip in parts"),
        pytest.param(bz2.compress(LINES.encode()), id="bzip2"),
        pytest.param(lzma.compress(LINES.encode()), id="xz"),
        pytest.param(LINES.encode("utf-8-sig"), id="byte order mark"),
        pytest.param(LINES.encode("utf-16"), id="UTF-16"),
        pytest.param(LINES.encode("utf-16-be"), id="UTF-16 without a mark"),
        pytest.param(LINES.encode("utf-32"), id="UTF-32"),
        pytest.param(gzip.compress(LINES.encode("utf-16")), id="UTF-16 in gzip"),
        pytest.param(LINES.replace("\n", "\r\n\r\n").encode(), id="CRLF and blank lines"),
        pytest.param(LINES.strip().encode(), id="no last newline"),
        pytest.param(("[" + ",\n".join(LINES.split("\n")[:3]) + "]").encode(), id="array, one a line"),
        pytest.param(json.dumps(OBJECTS).encode(), id="array in one line"),
        pytest.param(json.dumps(OBJECTS, indent=2).encode(), id="array, indented"),
        pytest.param("".join(json.dumps(json.loads(x), indent=1) for x in LINES.splitlines()).encode(), id="values"),
        pytest.param(
            json.dumps({"page": {"n": 1}, "data": OBJECTS, "m": [{}]}, indent=1).encode(),
            id="an answer's list",
        ),
        pytest.param(LINES.replace("\n", "\n\x1e").encode(), id="JSON text sequences"),
    ],
)  # fmt: skip
def test_a_file_is_read_however_it_is_packed_encoded_and_laid_out(tmp_path, content):
    path = tmp_path / "calls.csv"  # its name says nothing
    path.write_bytes(content)
    assert texts(path) == ["grüß dich 你好"] * 3


def test_a_table_of_excel_is_read(tmp_path):
    path = tmp_path / "calls.json"
    path.write_bytes("prompt;model\r\ngrüß dich;m\r\n".encode("cp1252"))
    assert texts(path) == ["grüß dich"]


def test_a_pipe_is_read_once_and_its_calls_as_often_as_wanted(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(LINES,))
    writer.start()
    with read_traffic(path) as traffic:
        assert len(list(traffic.calls())) == len(list(traffic.calls())) == 3
    writer.join()


def test_a_line_of_ten_megabytes_is_a_call(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(HI | {"user": "x" * 10_000_000}) + "\n" + LINES)
    assert len(texts(path)) == 4
    path.write_text(json.dumps([HI | {"user": "x" * 10_000_000}, HI]))
    assert len(texts(path)) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "nothing but blanks"),
        (b"PK\x03\x04 zip", "is a zip archive .*unzip"),
        (b"PAR1....", "is a Parquet file"),
        (b"\x28\xb5\x2f\xfd....", "zstd -d"),
        (b"Dear diary,\ntoday I called a model.\n", "neither JSON nor CSV .*'Dear diary,'"),
        (b"id,name\n1,x\n", "neither JSON nor CSV"),
        (b"\x1f\x8bgarbage", "is damaged and cannot be unpacked"),
        (b"[]", "no call that can be made again"),
        (b"{}\n", "no call that can be made again"),
        (b"prompt\n", "no call that can be made again"),
        (os.urandom(0) + bytes(range(128, 250)), "neither JSON nor CSV"),
    ],
)
def test_what_is_no_traffic_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "calls.jsonl"
    path.write_bytes(content)
    with pytest.raises(RehearsalError, match=words):
        read_traffic(path)


def test_a_missing_file_a_folder_and_one_that_may_not_be_read_are_named(tmp_path, monkeypatch):
    with pytest.raises(RehearsalError, match="There is no file"):
        read_traffic(tmp_path / "gone.jsonl")
    (tmp_path / "day1.jsonl").write_text(LINES)
    with pytest.raises(RehearsalError, match=r"is a folder\. It holds day1\.jsonl"):
        read_traffic(tmp_path)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(io, "FileIO", refuse)  # root may read all files
    with pytest.raises(RehearsalError, match="may not be read by this user"):
        read_traffic(tmp_path / "day1.jsonl")


def test_standard_input_is_a_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES.encode())))
    with read_traffic("-") as traffic:
        assert len(list(traffic.calls())) == len(list(traffic.calls())) == 3
        assert traffic.summary()["name"] == "standard input"


def test_what_was_read_before_a_file_breaks_off_is_kept(tmp_path):
    path = tmp_path / "calls.jsonl.gz"
    whole = gzip.compress(
        "".join(json.dumps(HI | {"user": os.urandom(99).hex()}) + "\n" for _ in range(500)).encode()
    )
    path.write_bytes(whole[: len(whole) // 2])
    with read_traffic(path) as traffic:
        summary = traffic.summary()
    assert 100 < summary["calls"] < 500
    assert summary["problems"]["cut off"] == 1
    with pytest.raises(RehearsalError, match="cut off"):
        read_traffic(path, bad_lines="fail")


def test_a_broken_object_in_an_array_costs_only_itself(tmp_path):
    path = tmp_path / "calls.json"
    good = json.dumps(HI)
    path.write_text(f'[{good}, {{"a": [1, 2}}, oops, {good}, {{"b" 1}}, 7, {good}, {{"cut": "')
    with read_traffic(path) as traffic:
        summary = traffic.summary()
    assert summary["calls"] == 3
    assert summary["problems"] == {"not JSON": 3, "no object": 1, "cut off": 1}


def test_an_object_that_is_never_closed_costs_only_its_line(tmp_path):
    path = tmp_path / "calls.json"
    good = json.dumps(HI)
    path.write_text(f'[\n{good},\n{{"model": "m", "messages": [{{,\n{good},\n{good}\n]')
    with read_traffic(path) as traffic:
        assert traffic.summary()["problems"] == {"cut off": 1}
        assert traffic.summary()["calls"] == 3


def test_a_row_with_too_many_cells_costs_only_itself(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("prompt,model\na,m\nb,m,x\nc\nd,m\n")
    with read_traffic(path) as traffic:
        assert [call.line for call in traffic.calls()] == [2, 5]
        assert [p["line"] for p in traffic.summary()["shown_problems"]] == [3, 4]


def test_several_formats_in_one_file(tmp_path):
    path = tmp_path / "calls.log"
    path.write_text(
        json.dumps(HI) + "\nprompt,model\n" + json.dumps({"body": HI, "time": 1777629600}) + "\n"
        + json.dumps([{"question": "x"}, {"data": [HI]}]) + "\n"
    )  # fmt: skip
    with read_traffic(path) as traffic:
        summary = traffic.summary()
    assert summary["calls"] == 4
    assert summary["problems"] == {"not JSON": 1}
    assert summary["format"] == "openai, prompts"


def test_what_python_writes_and_json_has_not_is_read_and_can_be_written_again(tmp_path):
    path = tmp_path / "calls.jsonl"
    line = (
        '{"model": "m", "messages": [{"role": "user", "content": "a\\ud800b"}], "top_p": NaN, "seed": 1'
        + "0" * 30
        + "}"
    )
    for content in (line, f"[{line}]", f"[\n{line}\n]"):
        path.write_text(content)
        with read_traffic(path, bad_lines="fail") as traffic:
            (call,) = traffic.calls()
        assert call.body == {"messages": [{"role": "user", "content": "a?b"}], "top_p": None, "seed": 1e30}
