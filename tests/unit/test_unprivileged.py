"""Starting PostgreSQL when the kit itself runs as root; the other tests here need no special rights."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from gateway_kit.stack.supervisor.unprivileged import Unprivileged, hand_over, make_passable, unprivileged

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes identities")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_chosen_method_runs_a_program_without_root_rights():
    way = unprivileged()
    done = subprocess.run(
        [*way.argv_prefix, "id", "-u"], user=way.user, capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout.strip() != "0"


def test_make_passable_sets_only_the_search_bit(tmp_path: Path):
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    inner.chmod(0o700)
    make_passable(inner)
    assert mode(tmp_path / "closed") == 0o701
    assert mode(inner) == 0o701


@as_root
def test_a_folders_ownership_is_changed_with_its_content_and_changed_back(tmp_path: Path):
    home = tmp_path / "home"
    data = home / "postgres"
    data.mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (data / "file").write_text("x")
    hand_over(data, Unprivileged(user=65534))
    assert {path.stat().st_uid for path in (data, data / "file")} == {65534}
    assert mode(home) == 0o701
    assert home.stat().st_uid == 0
    hand_over(data, Unprivileged(argv_prefix=("unshare",)))
    assert {path.stat().st_uid for path in (data, data / "file")} == {0}
