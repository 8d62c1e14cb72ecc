from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway_kit.common.private_files import FileDamagedError, how_to_own, read_private, user_name
from gateway_kit.errors import StateFolderError


def test_reading_returns_the_text_or_none_if_there_is_no_file(tmp_path: Path):
    (tmp_path / "a").write_text("text")
    assert read_private(tmp_path / "a", "Fix it") == "text"
    assert read_private(tmp_path / "b", "Fix it") is None


def test_a_folder_and_a_binary_file_are_damaged_and_the_error_names_the_fix(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"\xff")
    (tmp_path / "b").mkdir()
    for name in ("a", "b"):
        with pytest.raises(FileDamagedError, match=rf"{tmp_path}/{name} .*Fix it$"):
            read_private(tmp_path / name, "Fix it")
    with pytest.raises(StateFolderError):
        read_private(tmp_path / "a" / "below", "Fix it")


def test_the_command_that_gives_a_folder_back_never_names_one_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "state folder"
    me = user_name(os.geteuid())
    assert how_to_own(home) == f"Create it: sudo mkdir -p '{home}' && sudo chown {me} '{home}'"
    home.mkdir()
    assert how_to_own(home).endswith(f"chmod -R u+rwX '{home}'")
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    assert how_to_own(home).endswith(f"sudo chown -R 12345 '{home}'")
