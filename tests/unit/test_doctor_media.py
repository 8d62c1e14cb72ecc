"""What `gateway-kit doctor` says of the folder with the trace store's media."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway_kit.stack import doctor_media
from gateway_kit.stack.doctor_findings import Finding
from gateway_kit.stack.services.tracing import MAX_MEDIA_MB
from gateway_kit.stack.stack import Stack


def findings(home: Path) -> list[Finding]:
    return [*doctor_media.media(Stack({**os.environ, "GATEWAY_HOME": str(home)}))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "media"
    path.mkdir()
    return path


def test_without_uploads_there_is_nothing_to_say(tmp_path: Path):
    assert findings(tmp_path) == []


def test_what_is_used_is_said_and_what_to_do_at_the_limit(folder: Path):
    (folder / "one").write_bytes(b"x" * 2**20)
    (found,) = findings(folder.parent)
    assert (found.level, found.text) == ("ok", f"1 of at most {MAX_MEDIA_MB} MB in {folder}")
    with (folder / "large").open("wb") as file:
        file.truncate(MAX_MEDIA_MB * 2**20)  # a file of holes takes no space
    (found,) = findings(folder.parent)
    assert (found.level, found.fix) == ("note", f"delete files in {folder}: clients upload them again")
    assert "refuses more" in found.text


def test_a_full_disk_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor_media, "LITTLE_MB", 2**40)
    (found,) = findings(folder.parent)
    assert (found.level, found.fix) == ("error", "free space on its disk")


def test_what_is_no_folder_is_an_error_with_a_command(tmp_path: Path):
    (tmp_path / "media").write_text("no folder")
    (found,) = findings(tmp_path)
    assert (found.level, found.fix) == ("error", f"mv {tmp_path}/media {tmp_path}/media.old")
