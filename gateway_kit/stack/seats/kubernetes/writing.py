"""Writes the export into a folder: values and image recipe for everybody to see, the secret for its owner alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from gateway_kit.common.private_files import write_private
from gateway_kit.stack.seats.kubernetes import facts
from gateway_kit.stack.seats.kubernetes.image import dockerfile, dockerignore
from gateway_kit.stack.seats.kubernetes.readme import readme
from gateway_kit.stack.seats.kubernetes.values import Wanted, chart_values, seats_secret
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Workshop

VALUES, SECRETS, DOCKERFILE, README = "values.yaml", "secrets.yaml", "Dockerfile", "README.md"
_IMAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._/:-]*[a-z0-9]):(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})")
_STORAGE = re.compile(r"[1-9][0-9]*(Mi|Gi|Ti)")


def wanted_of(image: str, address: str, storage: str) -> Wanted:
    """The choices, checked. Raises WorkshopError."""
    found = _IMAGE.fullmatch(image)
    if found is None or found["tag"] == "latest":
        raise WorkshopError(
            f"--image {image!r} must name an image and its tag, such as registry.example.com/seat:2027-01; a tag that "
            "moves, such as latest, would give seats different images"
        )
    if not _STORAGE.fullmatch(storage):
        raise WorkshopError(
            f"--storage {storage!r} must be a size as Kubernetes writes it, such as {facts.STORAGE}"
        )
    return Wanted(found["name"], found["tag"], address, storage)


def write_export(folder: Path, workshop: Workshop, wanted: Wanted, facilitator_code: str) -> list[Path]:
    """Write the export; its files. Raises WorkshopError for a closed workshop, OSError if it cannot be written."""
    if workshop.closed:
        raise WorkshopError(f"The workshop {workshop.name} is closed: its codes open nothing any more")
    values = (
        f"# The workshop {workshop.name}: values for the chart Zero to JupyterHub {facts.CHART_VERSION}.\n"
        f"# No secret is in them: codes are in {SECRETS}.\n"
    ) + _yaml(chart_values(workshop, wanted))
    secret = "# Every seat's code and join code. For you and the cluster alone.\n" + _yaml(
        seats_secret(workshop, facilitator_code)
    )
    contents = {
        README: readme(workshop, wanted),
        VALUES: values,
        DOCKERFILE: dockerfile(),
        f"{DOCKERFILE}.dockerignore": dockerignore(),
    }
    for name, text in contents.items():
        write_private(folder / name, text, mode=0o644)
    write_private(folder / SECRETS, secret)
    return [folder / name for name in (*contents, SECRETS)]


class _Dumper(yaml.SafeDumper):
    """Writes files and code as they are, line by line."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def _yaml(data: Any) -> str:
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True))
