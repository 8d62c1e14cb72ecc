from __future__ import annotations

import threading
from pathlib import Path

from gateway_kit.stack.supervisor.log_reader import follow_log, follow_logs, last_lines


def test_the_last_lines_include_the_part_that_was_cut_off(tmp_path: Path):
    log = tmp_path / "a.log"
    (tmp_path / "a.log.1").write_text("one\ntwo\n")
    log.write_text("three\nfour")
    assert last_lines(log, 3) == ["two", "three", "four"]
    assert last_lines(log, 99) == ["one", "two", "three", "four"]
    assert last_lines(log, 0) == []
    assert last_lines(log, 2, end=5) == ["two", "three"]


def test_the_last_lines_of_a_long_log_are_whole(tmp_path: Path):
    log = tmp_path / "a.log"
    lines = [
        f"line {n} {'ä' * (n % 50)}" for n in range(20_000)
    ]  # blocks end within lines and within characters
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for count in (1, 7, 5000, 20_000, 20_001):
        assert last_lines(log, count) == lines[-count:]
    long = "x" * 200_000
    log.write_text(f"first\n{long}\nlast\n")
    assert last_lines(log, 2) == [long, "last"]
    assert last_lines(log, 2, end=log.stat().st_size - 5) == ["first", long]


def test_following_shows_whole_lines_once_and_survives_truncation(tmp_path: Path):
    log = tmp_path / "a.log"
    log.write_text("before\n")
    seen: list[str] = []
    arrived = threading.Condition()
    done = threading.Event()

    def show(line: str) -> None:
        with arrived:
            seen.append(line)
            arrived.notify_all()

    def expect(*lines: str) -> None:
        with arrived:
            assert arrived.wait_for(lambda: seen == list(lines), timeout=120), seen

    def add(content: bytes) -> None:
        with open(log, "ab") as file:
            file.write(content)

    kwargs = {"start": log.stat().st_size, "poll_s": 0.01, "stop": done.is_set}
    follower = threading.Thread(target=follow_log, args=(log, show), kwargs=kwargs)
    follower.start()
    try:
        add("h\u00e9".encode()[:2])  # ends within a character
        add("h\u00e9".encode()[2:] + b"llo\nsecond\nthi")
        expect("h\u00e9llo", "second")
        add(b"rd\n")
        expect("h\u00e9llo", "second", "third")
        log.write_bytes(b"anew\n")  # shorter than before: it was truncated
        expect("h\u00e9llo", "second", "third", "anew")
    finally:
        done.set()
        follower.join()


def test_the_logs_of_several_services_are_followed_at_once(tmp_path: Path):
    first, second = tmp_path / "gateway-1.log", tmp_path / "gateway-2.log"
    first.write_text("old\n")
    shown: list[tuple[str, str]] = []

    def show(name: str, line: str) -> None:
        shown.append((name, line))
        if len(shown) == 1:  # one that is not there yet is followed too
            second.write_text("its first\n")

    logs = {"gateway-1": (first, 0), "gateway-2": (second, 0)}
    follow_logs(logs, show, poll_s=0.01, stop=lambda: len(shown) == 2)
    assert shown == [("gateway-1", "old"), ("gateway-2", "its first")]
