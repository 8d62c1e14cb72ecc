"""Comparing the installed packages with the kit's requirements."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from gateway_kit.stack.pins import requirements, unfit

ROOT = Path(__file__).resolve().parents[2]


def test_this_environment_has_the_required_packages() -> None:
    assert list(unfit(requirements())) == []


def test_a_checkouts_requirements_are_read_from_its_files(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        '[project]\ndependencies = ["litellm[proxy]==0.0.1", "click>=1"]\n'
        '[project.optional-dependencies]\nlab = ["no-such-package>=2"]\n'
        'workshop = ["for-facilitators"]\n'
    )
    assert dict(unfit(requirements(pyproject))) == {
        "litellm": f"{version('litellm')}; the kit is built on ==0.0.1",
        "no-such-package": "missing; the kit is built on >=2",
    }


def test_without_a_checkout_the_installed_metadata_is_used(tmp_path: Path) -> None:
    names = {requirement.name for requirement in requirements(tmp_path / "none.toml")}
    assert {"litellm", "prisma", "langfuse"} <= names


def test_packages_for_other_systems_are_not_missing() -> None:
    assert list(unfit([Requirement('no-such-package; sys_platform == "win32"')])) == []


def test_no_compromised_litellm_release_is_required_or_locked() -> None:
    (litellm,) = (one for one in requirements() if one.name == "litellm")
    locks = "\n".join(path.read_text() for path in ROOT.glob("requirements*.lock"))
    locked = re.findall(r"^litellm(?:\[[^\]]*\])?==([^\s\\;]+)", locks, re.MULTILINE)
    assert locked
    for compromised in ("1.82.7", "1.82.8", "1.107.0"):
        assert not litellm.specifier.contains(compromised)
        assert compromised not in locked
    assert all(litellm.specifier.contains(pin) for pin in locked)
