from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from gateway_kit.errors import RecordDamagedError, StackBusyError, StateFolderError
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import (
    ServiceRecord,
    StackRecord,
    forget_record,
    owner,
    read_record,
    stack_lock,
    write_record,
)

ENTRY = ServiceRecord(ProcessRecord(7, "boot/1234", 15), 4000, "http://127.0.0.1:4000", "1.0", "abc")
RECORD = StackRecord(port_offset=100, workers=2, config="/a/file.yaml").with_service("gateway", ENTRY)


def test_a_written_record_can_be_read(tmp_path: Path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_missing_record_reads_as_empty(tmp_path: Path):
    assert read_record(tmp_path) == StackRecord()
    assert read_record(tmp_path / "no" / "folder") == StackRecord()


def test_a_service_can_be_removed():
    assert RECORD.with_service("gateway", None) == StackRecord(100, 2, config="/a/file.yaml")
    assert RECORD.services == {"gateway": ENTRY}


def test_replicas_are_recorded_and_an_old_record_has_one_gateway(tmp_path: Path):
    write_record(tmp_path, StackRecord(replicas=3).with_service("gateway-3", ENTRY))
    assert read_record(tmp_path) == StackRecord(replicas=3, services={"gateway-3": ENTRY})
    (tmp_path / "state.json").write_text('{"format": 2, "port_offset": 7, "services": {}}')
    assert read_record(tmp_path).replicas == 1


@pytest.mark.parametrize("replicas", [0, 99, "2", True])
def test_a_record_with_impossible_replicas_is_damaged(tmp_path: Path, replicas: object):
    (tmp_path / "state.json").write_text(json.dumps({"format": 2, "replicas": replicas, "services": {}}))
    with pytest.raises(RecordDamagedError):
        read_record(tmp_path)


def test_the_wish_for_a_second_gateway_is_recorded(tmp_path: Path):
    write_record(tmp_path, StackRecord(semantic=True).with_service("semantic-1", ENTRY))
    assert read_record(tmp_path) == StackRecord(semantic=True, services={"semantic-1": ENTRY})


def test_an_old_record_requests_no_second_gateway(tmp_path: Path):
    (tmp_path / "state.json").write_text('{"format": 2, "port_offset": 7, "services": {}}')
    assert read_record(tmp_path) == StackRecord(port_offset=7)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("semantic-1", "program"),
        ("semantic-12", "program"),
        ("semantic", "stack"),
        ("gateway", "stack"),
        ("lab", "lab"),
    ],
)
def test_a_services_name_tells_its_owner(name: str, expected: str):
    assert owner(name) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": 1, "services": {"redis": {}}}',
        '{"format": 1, "services": {}, "new": 1}',
        "null",
        '"text"',
        "7",
        "[" * 100_000,
        "\0\0",
        '{"format": 2, "services": null}',
        '{"format": 2, "services": [1]}',
        '{"format": 2, "services": {"redis": 1}}',
        '{"format": 2, "services": {}, "port_offset": "100"}',
        '{"format": 2, "services": {}, "port_offset": true}',
        '{"format": 2, "services": {}, "port_offset": 99999999}',
        '{"format": 2, "services": {}, "tracing": "elsewhere"}',
        '{"format": 2, "services": {}, "workers": 0}',
        '{"format": 2, "services": {}, "config": 3}',
        '{"format": 2, "services": {}, "failures": {"redis": 3}}',
    ],
)
def test_the_error_for_a_broken_record_says_what_to_do(tmp_path: Path, text: str):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(
        RecordDamagedError, match=r"state.json is not a record.*gateway-kit down.*gateway-kit up"
    ) as raised:
        read_record(tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("pid", "7"), ("pid", 0), ("pid", -1), ("pid", None), ("birth", 3), ("stop_signal", 4711)],
)
def test_an_impossible_process_makes_a_record_broken(tmp_path: Path, name: str, value: object):
    write_record(tmp_path, RECORD)
    data = json.loads((tmp_path / "state.json").read_text())
    data["services"]["gateway"]["process"][name] = value
    (tmp_path / "state.json").write_text(json.dumps(data))
    with pytest.raises(RecordDamagedError):
        read_record(tmp_path)


def test_a_binary_record_or_a_folder_in_its_place_is_named(tmp_path: Path):
    path = tmp_path / "state.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RecordDamagedError, match=r"it is not text.*gateway-kit down"):
        read_record(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(RecordDamagedError, match=r"Is a directory.*gateway-kit down"):
        read_record(tmp_path)


def test_any_kind_of_damaged_record_can_be_removed(tmp_path: Path):
    path = tmp_path / "state.json"
    forget_record(tmp_path)
    path.write_text("{")
    forget_record(tmp_path)
    path.mkdir()
    (path / "a file of somebody's").write_text("")
    forget_record(tmp_path)
    assert read_record(tmp_path) == StackRecord()
    assert [p.name for p in tmp_path.glob("state.json.damaged-*/*")] == ["a file of somebody's"]


def test_the_reasons_for_failed_starts_are_recorded(tmp_path: Path):
    record = StackRecord(failures={"chat-model": "ended during its start"})
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


def test_a_reader_never_sees_a_partial_record(tmp_path: Path):
    write_record(tmp_path, RECORD)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            write_record(tmp_path, RECORD)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            assert json.loads((tmp_path / "state.json").read_text())["port_offset"] == 100
    finally:
        stop.set()
        writer.join()


def test_the_error_for_an_unwritable_folder_says_so(tmp_path: Path):
    with pytest.raises(StateFolderError, match="cannot be written"):
        write_record(tmp_path / "gone", RECORD)


def test_a_second_command_gets_an_error_about_the_lock(tmp_path: Path):
    with stack_lock(tmp_path):
        begin = time.monotonic()
        with (
            pytest.raises(StackBusyError, match="gateway-kit status") as raised,
            stack_lock(tmp_path, timeout_s=0.3),
        ):
            pytest.fail("two held the lock")
        assert 0.25 < time.monotonic() - begin < 200  # not the 240 s that it waits otherwise
        assert raised.value.lock_path == tmp_path / "lock"
    with stack_lock(tmp_path, timeout_s=0.3):
        pass


def test_a_killed_commands_lock_file_blocks_nobody(tmp_path: Path):
    (tmp_path / "lock").write_text("stale")
    with stack_lock(tmp_path, timeout_s=0.3):
        pass


def test_an_error_under_the_lock_is_raised_unchanged_and_releases_it(tmp_path: Path):
    with pytest.raises(PermissionError, match="of something else"), stack_lock(tmp_path):
        raise PermissionError("of something else")
    with stack_lock(tmp_path, timeout_s=0.3):
        pass


def test_a_lock_without_a_folder_is_a_state_folder_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateFolderError, match="cannot be written"), stack_lock(tmp_path / "file"):
        pass
