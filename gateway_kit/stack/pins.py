"""Which installed packages are not the ones that the kit is built on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

# The kit's own folder has what a checkout asks for now; its metadata is as old as its last installation.
_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def requirements(pyproject: Path = _PYPROJECT) -> list[Requirement]:
    """What the kit depends on, with the versions it takes."""
    if pyproject.is_file():
        listed = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    else:
        listed = requires("gateway-kit") or []
    return [Requirement(line) for line in listed]


def unfit(wanted: list[Requirement]) -> Iterator[tuple[str, str]]:
    """(package, what is wrong) of those that are missing or of another version: installed past the locks."""
    for requirement in wanted:
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            found = ""
        if not found or not requirement.specifier.contains(found, prereleases=True):
            yield requirement.name, f"{found or 'missing'}; the kit is built on {requirement.specifier}"
