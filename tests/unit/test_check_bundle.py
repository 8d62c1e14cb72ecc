"""Which bundles a machine refuses before it installs anything."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

import pytest

from tools import check_bundle

MACHINE = platform.machine()
PYTHON = "{}.{}".format(*sys.version_info[:2])
MADE = {"format": 1, "platform": f"Linux {MACHINE}", "glibc": "2.28", "pythons": PYTHON, "contents": "lab"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bundle" / "wheels").mkdir(parents=True)
    (tmp_path / "bundle" / "wheels" / "a.whl").write_bytes(b"a wheel")
    (tmp_path / "lesson").write_bytes(b"a lesson")
    write(tmp_path)
    digests = {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in ("bundle/wheels/a.whl", "lesson")
    }
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    (tmp_path / "bundle" / "SHA256SUMS").write_text(lines)
    return tmp_path


def write(root: Path, **made: object) -> None:
    (root / "bundle" / "manifest.json").write_text(json.dumps(MADE | made))


def first(root: Path, kind: str = "lab") -> str:
    return next(check_bundle.faults(root, kind), "")


def test_a_whole_bundle_is_accepted_also_after_a_lesson_was_edited(root: Path) -> None:
    (root / "lesson").write_bytes(b"edited")
    assert list(check_bundle.faults(root, "lab")) == []


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"pythons": "3.8 3.9"}, f"This bundle was made for Python 3.8 or 3.9; this is Python {PYTHON}."),
        ({"platform": "Darwin arm64"}, f"This bundle was made for Darwin arm64; this is Linux {MACHINE}."),
        ({"glibc": "2.99"}, "This bundle was made for the GNU C library 2.99 or newer"),
        ({"format": 2}, "This bundle has the format 2; this version of the kit reads 1."),
    ],
)
def test_a_bundle_for_another_machine_says_what_it_was_made_for(
    root: Path, made: dict[str, object], sentence: str
) -> None:
    write(root, **made)
    assert first(root).startswith(sentence)
    assert "\n" not in first(root)
    assert check_bundle.numbers("2.9") < check_bundle.numbers("2.31")


def test_what_a_bundle_lacks_is_said_with_the_way_to_get_it(root: Path) -> None:
    assert "BUNDLE_ARGS=--workshop" in first(root, "workshop")
    assert "no development tools" in first(root, "dev")
    write(root, contents="lab workshop")
    assert first(root, "workshop") == ""


@pytest.mark.parametrize("missing", ["lesson", "bundle/wheels/a.whl"])
def test_a_file_that_was_not_unpacked_is_named(root: Path, missing: str) -> None:
    (root / missing).unlink()
    assert f"incomplete: {missing} is missing. Unpack the archive again" in first(root)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", "null"])
def test_a_bundle_that_does_not_say_what_it_is_is_incomplete(root: Path, damage: str) -> None:
    (root / "bundle" / "manifest.json").write_text(damage)
    assert "is incomplete: it does not say what it holds" in first(root)
    (root / "bundle" / "manifest.json").unlink()
    assert "is incomplete: it does not say what it holds" in first(root)


def test_a_changed_file_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "bundle" / "wheels" / "a.whl").write_bytes(b"a whee!")
    monkeypatch.setattr(check_bundle, "ROOT", root)
    monkeypatch.setattr(sys, "argv", ["check_bundle.py", "lab"])
    assert check_bundle.main() == 1
    assert capsys.readouterr().err.startswith("bundle/wheels/a.whl is damaged: its SHA-256")
    assert f"{platform.system()} {platform.machine()}" == MADE["platform"]
