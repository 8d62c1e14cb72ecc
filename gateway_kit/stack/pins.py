"""Which installed packages are not the ones that the kit is built on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

# A checkout asks for what its own file says; its metadata is as old as its last installation.
_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def requirements(pyproject: Path = _PYPROJECT) -> list[Requirement]:
    """What the kit depends on, with the versions it takes: what `make lab` installs in a checkout, else `stack`."""
    if pyproject.is_file():
        project = tomllib.loads(pyproject.read_text())["project"]
        extras = project.get("optional-dependencies", {})
        # What only a workshop's facilitator needs; the commands that need it say so.
        lines = (line for name in extras if name != "workshop" for line in extras[name])
        return [Requirement(line) for line in (*project["dependencies"], *lines)]
    listed = [Requirement(line) for line in requires("gateway-kit") or []]
    return [
        requirement
        for requirement in listed
        if requirement.marker is None or requirement.marker.evaluate({"extra": "stack"})
    ]


def unfit(requirements: list[Requirement]) -> Iterator[tuple[str, str]]:
    """(package, what is wrong) of packages that are missing or have another version than the kit asks for."""
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"extra": "stack"}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = ""
        if not installed or not requirement.specifier.contains(installed, prereleases=True):
            yield requirement.name, f"{installed or 'missing'}; the kit is built on {requirement.specifier}"
