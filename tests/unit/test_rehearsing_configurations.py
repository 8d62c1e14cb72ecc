"""Ten configurations as they stand in production: what is replaced, scaled, kept or not rehearsed, line by line."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest
import yaml

from gateway_kit.stack.configuration import check_text
from gateway_kit.stack.configuration.references import STACK_VARIABLES
from gateway_kit.stack.rehearsing.translation import Translation, translate

FOLDER = Path(__file__).parents[1] / "rehearsal_configurations"
NAMES = sorted(path.name for path in FOLDER.iterdir() if (path / "config.yaml").is_file())
SIMULATOR = "http://127.0.0.1:18080"
# What of the files must be in no list and no text.
SECRETS = (
    "9f2c0f3b7d6e4a1c8b5d2e7f0a9c3b61", "4b1d9ac2e07f4ef6a3c58d1f9be27a60", "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "sk-proj-0aB1cD2eF3gH4iJ5kL6m", "dXNlcjpwYXNzd29yZA", "cccDDDeee",
    "sk-9vQ2mX7pL4tR8wZ1", "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "MIIBVQ", "lsv2_pt_0123456789abcdef",
    "tickets-0123456789", "Yt7-vGh2_prod",
)  # fmt: skip
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"


def translated(name: str, *, speed: float | None = 1) -> Translation:
    return translate(FOLDER / name / "config.yaml", {}, simulator_url=SIMULATOR, speed=speed)


def as_lines(translation: Translation) -> str:
    lines = [
        f"{change.what} {change.place} {change.setting}: {change.was or '-'} -> {change.now or '-'} ({change.why})"
        for change in translation.replaced
    ]
    lines += [f"note: {note}" for note in translation.notes]
    lines += [f"file: {name}" for name in sorted(translation.folder_files)]
    return "\n".join(lines) + "\n"


def digests(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize("name", NAMES)
def test_the_list_of_what_was_replaced(name: str):
    expected = FOLDER / name / "expected.txt"
    actual = as_lines(translated(name)).replace(str(FOLDER), "FOLDER")
    if UPDATE:
        expected.write_text(actual)
    assert actual == expected.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_translated_configuration_has_no_mistake_and_leads_nowhere_else(name: str, tmp_path: Path):
    before = digests(FOLDER / name)
    translation = translated(name, speed=60)
    for copied, file in translation.folder_files.items():
        (tmp_path / copied).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / copied).write_bytes(file.read_bytes())
    findings = check_text(
        translation.text, {**translation.env, "LITELLM_MASTER_KEY": "x"}, path=tmp_path / "c.yaml"
    )
    assert [str(finding) for finding in findings if finding.level == "error"] == []
    assert set(re.findall(r"https?://[^/\s'\"]+", translation.text)) <= {SIMULATOR}
    named = set(re.findall(r"os\.environ/(\w+)", translation.text))
    assert named <= STACK_VARIABLES | set(translation.env)
    assert digests(FOLDER / name) == before


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_of_the_file_is_told(name: str):
    translation = translated(name)
    everything = (
        translation.text + as_lines(translation) + repr(translation.deployments) + repr(dict(translation.env))
    )
    assert [secret for secret in SECRETS if secret in everything] == []
    file = "".join(path.read_text() for path in (FOLDER / name).rglob("*.yaml"))
    assert [word for word in re.findall(r"\w+SECRET\w*: \S+", file) if word in everything] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_deployment_has_a_label_of_its_own(name: str):
    translation = translated(name)
    labels = [deployment.label for deployment in translation.deployments]
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,60}", label) for label in labels)
    models = yaml.safe_load(translation.text)["model_list"]
    ids = {model.get("model_info", {}).get("id") for model in models}
    assert {deployment.id for deployment in translation.deployments} <= ids
