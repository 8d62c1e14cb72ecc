"""What a bundle takes of the lock files, and for which machines its wheels are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.bundle.npm import packages
from tools.bundle.pins import Pin, needed_glibc, pins, tags

ROOT = Path(__file__).resolve().parents[2]
H = "0" * 64
LOCK = f"""plain==1.0 \\
    --hash=sha256:{H} \\
    --hash=sha256:{"1" * 64}
    # via something
windows==1 ; sys_platform == 'win32' \\
    --hash=sha256:{H}
    # via something
split==2.10 ; python_full_version < '3.11.5' \\
    --hash=sha256:{H}
split==4.1 ; python_full_version >= '3.11.5' \\
    --hash=sha256:{H}
"""


def names(lock: str, python: str) -> set[str]:
    return {f"{pin.name} {pin.version}" for pin in pins([lock], python)}


def test_markers_are_decided_for_linux_and_every_patch_release_of_the_python() -> None:
    assert names(LOCK, "3.11") == {"plain 1.0", "split 2.10", "split 4.1"}
    assert names(LOCK, "3.12") == {"plain 1.0", "split 4.1"}
    assert pins([LOCK], "3.11")[0].hashes == {H, "1" * 64}


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_no_entry_of_a_lock_is_overlooked(lock: str) -> None:
    text = (ROOT / lock).read_text()
    unconditional = set(re.findall(r"^([a-z0-9][\w.-]*)==\S+ \\$", text, re.MULTILINE))
    assert unconditional
    assert unconditional <= {pin.name for pin in pins([text], "3.13")}


def test_a_wheel_fits_by_name_version_hash_python_and_platform() -> None:
    pin = Pin("Some-part", "1.5", frozenset({H}))
    own = tags("3.12")
    assert pin.fits("some_part-1.5-py3-none-any.whl", H, own)
    assert pin.fits("some_part-1.5-cp310-abi3-manylinux_2_31_x86_64.whl", H, own)
    assert pin.fits("some_part-1.5-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", H, own)
    for other in (
        "some_part-1.6-py3-none-any.whl", "another-1.5-py3-none-any.whl",
        "some_part-1.5-cp311-cp311-manylinux1_x86_64.whl",
        "some_part-1.5-cp312-cp312-manylinux_2_34_x86_64.whl", "some_part-1.5-cp312-cp312-musllinux_1_2_x86_64.whl",
        "some_part-1.5-cp312-cp312-manylinux_2_28_aarch64.whl",
    ):  # fmt: skip
        assert not pin.fits(other, H, own), other
    assert not pin.fits("some_part-1.5-py3-none-any.whl", "1" * 64, own)


def test_the_c_library_that_all_wheels_run_on_is_the_strictest_wheels_own() -> None:
    assert needed_glibc([]) == needed_glibc(["a-1-py3-none-any.whl"]) == 0
    lax = "b-1-cp311-cp311-manylinux_2_28_x86_64.manylinux2014_x86_64.whl"
    assert needed_glibc([lax, "a-1-py3-none-any.whl"]) == 17
    assert needed_glibc([lax, "c-1-py3-none-manylinux_2_31_x86_64.whl"]) == 31


def test_npm_packages_of_other_systems_are_left_out() -> None:
    entry = '"version": "1.0.0", "integrity": "sha512-AAAA"'
    lock = f"""{{"packages": {{"": {{}}, "node_modules/@a/b": {{{entry}}},
        "node_modules/a/node_modules/c": {{{entry}, "os": ["linux"], "cpu": ["x64"]}},
        "node_modules/mac": {{{entry}, "os": ["darwin"]}}, "node_modules/arm": {{{entry}, "cpu": ["arm64"]}}}}}}"""
    assert [(package.name, package.file) for package in packages([lock])] == [
        ("@a/b", "a-b-1.0.0.tgz"), ("c", "c-1.0.0.tgz"),
    ]  # fmt: skip
