"""What is known of a bundle's archive: its checksum, what it says of itself, who has fetched it, the page about it."""

from __future__ import annotations

import hashlib
import os
import shlex
import tarfile
from pathlib import Path

import pytest

from gateway_kit.stack.bundle_page import commands, page
from gateway_kit.workshop.bundle import Bundle, checksum, describe, newest
from gateway_kit.workshop.downloads import Downloads
from gateway_kit.workshop.errors import WorkshopError
from tests.made_bundle import made_bundle


def test_a_checksum_is_computed_once_and_anew_when_the_file_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"first")
    first = checksum(path)
    assert first == hashlib.sha256(b"first").hexdigest()
    kept = tmp_path / "a.tar.sha256"
    assert kept.read_text() == f"{first}  a.tar\n"
    # Kept: what is beside the file is believed as long as its time is the file's.
    changed = path.stat().st_mtime_ns
    kept.write_text(f"{'0' * 64}  a.tar\n")
    os.utime(kept, ns=(changed, changed))
    assert checksum(path) == "0" * 64
    os.utime(path, ns=(changed + 1, changed + 1))
    assert checksum(path) == first
    path.write_bytes(b"second")
    os.utime(path, ns=(changed - 10**9, changed - 10**9))  # an older file from elsewhere
    assert checksum(path) == hashlib.sha256(b"second").hexdigest()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tar", "a.tar.sha256"]


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"short  a.tar\n", b"0" * 64 + b"  other.tar\n"])
def test_a_damaged_kept_checksum_is_replaced(tmp_path: Path, damage: bytes) -> None:
    path, kept = tmp_path / "a.tar", tmp_path / "a.tar.sha256"
    path.write_bytes(b"content")
    kept.write_bytes(damage)
    os.utime(kept, ns=(path.stat().st_mtime_ns,) * 2)
    assert checksum(path) == hashlib.sha256(b"content").hexdigest()
    assert kept.read_text().endswith("  a.tar\n")


def test_where_nothing_can_be_kept_the_checksum_is_computed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"content")
    (tmp_path / "a.tar.sha256").mkdir()  # as a medium that cannot be written, also for root
    assert checksum(path) == hashlib.sha256(b"content").hexdigest()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["a.tar"]


def test_a_bundle_says_what_it_is_and_other_files_are_refused(tmp_path: Path) -> None:
    path = made_bundle(tmp_path / "gateway-kit-1.0-any.tar")
    found = describe(path)
    assert (found.folder, found.size) == ("gateway-kit-1.0", path.stat().st_size)
    assert found.made_for == "Linux x86_64, Python 3.11 or 3.13, GNU C library 2.31 or newer"
    cut = tmp_path / "cut.tar"
    cut.write_bytes(path.read_bytes()[:700])
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(cut, "folder/file")
    for wrong in (cut, other, Path(__file__)):
        with pytest.raises(
            WorkshopError, match=r"is no bundle, or only a part of one\. Make one: make bundle"
        ):
            describe(wrong)


def test_the_newest_bundle_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"There is no bundle in .*\. Make one: make bundle"):
        newest(tmp_path)
    for name, time in (("gateway-kit-2.tar", 5), ("gateway-kit-1.tar", 9), ("other.tar", 20)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert newest(tmp_path).name == "gateway-kit-1.tar"


def test_a_machine_has_a_file_when_its_pieces_cover_all_of_it() -> None:
    told: list[tuple[str, int]] = []
    downloads = Downloads(100, lambda machine, count: told.append((machine, count)))
    downloads.sent("a", 0, 60)
    downloads.sent("b", 0, 100)
    assert told == [("b", 1)]
    downloads.sent("a", 70, 100)
    assert (downloads.complete, downloads.begun) == (1, 1)
    downloads.sent("a", 50, 75)
    downloads.sent("a", 50, 50)
    assert told == [("b", 1), ("a", 2)]
    downloads.sent("a", 0, 100)  # once more, on the same machine
    assert (downloads.complete, downloads.begun) == (2, 0)
    assert told == [("b", 1), ("a", 2)]


def test_the_page_names_the_address_that_its_reader_used_and_nothing_that_was_smuggled_in() -> None:
    bundle = Bundle(Path("/x/a.tar"), "folder", 643_072_000, "Linux <x86_64>")
    text = page(bundle, "f" * 64, "room.local:8008", "10.0.0.1:8008")
    assert "http://room.local:8008/a.tar" in text
    assert "643 MB" in text
    assert "Linux &lt;x86_64&gt;" in text
    for host in ("", "evil';rm -rf ~", "a b", "<script>", "x:99999999"):
        text = page(bundle, "f" * 64, host, "10.0.0.1:8008")
        assert "http://10.0.0.1:8008/a.tar" in text
        assert not host or host not in text


def test_the_commands_are_words_that_a_shell_reads_as_meant() -> None:
    bundle = Bundle(Path("/x/it's a $(bundle).tar"), "the folder", 1, "")
    fetch, compare, start = commands(bundle, "f" * 64, "http://[::1]:8008/a.tar")
    assert shlex.split(fetch) == ["curl", "-f", "-C", "-", "-o", bundle.path.name, "http://[::1]:8008/a.tar"]
    assert shlex.split(compare) == ["echo", f"{'f' * 64}  {bundle.path.name}", "|", "sha256sum", "-c"]
    assert shlex.split(start) == [
        "tar",
        "xf",
        bundle.path.name,
        "&&",
        "cd",
        "the folder",
        "&&",
        "make",
        "lab",
    ]
