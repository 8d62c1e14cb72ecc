"""The GitHub workflows: actions are pinned, and a job with write permission runs no new code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())["jobs"]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version_in_a_comment(path: Path) -> None:
    uses = re.findall(r"uses: *(.*)", path.read_text())
    assert uses
    for line in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_the_workflows_agree_on_the_versions_of_actions() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for action, pin in re.findall(r"uses: *([^@\s]+)@(.*)", path.read_text()):
            pins.setdefault(action, set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_merged_or_pushed(path: Path) -> None:
    text = path.read_text()
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert not re.search(r"git push|git commit|gh pr|contents: *write|pull-requests: *write|write-all", text)


def test_the_job_that_writes_the_weekly_issue_runs_no_package_code() -> None:
    weekly = jobs("weekly.yml")
    assert "permissions" not in weekly["resolve"]
    assert not any(
        "GH_TOKEN" in str(step) or "github.token" in str(step) for step in weekly["resolve"]["steps"]
    )
    assert weekly["issue"]["permissions"] == {"issues": "write"}
    uses = [step["uses"].partition("@")[0] for step in weekly["issue"]["steps"] if "uses" in step]
    assert uses == ["actions/download-artifact"]
    assert not any(
        re.search(r"\bmake\b|python|\bnpm\b|\buv\b", step.get("run", "")) for step in weekly["issue"]["steps"]
    )


def test_the_book_is_kept_and_published_by_a_job_that_runs_no_package_code() -> None:
    test, publish = jobs("test.yml")["test"], jobs("test.yml")["publish"]
    assert "permissions" not in test
    steps = [step for step in test["steps"] if step.get("run") == "make book"]
    assert len(steps) == 1
    kept = [step["with"]["path"] for step in test["steps"] if "out/book" in str(step.get("with"))]
    assert kept == ["out/book", "out/book"]
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert publish["needs"] == "test"
    assert "github.ref == 'refs/heads/main'" in publish["if"]
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == ["actions/deploy-pages"]


def test_the_weekly_run_updates_lints_and_tests_even_after_a_failure() -> None:
    steps = {step.get("id"): step for step in jobs("weekly.yml")["resolve"]["steps"]}
    commands = {name: steps[name]["run"] for name in ("locks", "lint", "test")}
    assert "make locks" in commands["locks"]
    assert "make lint" in commands["lint"]
    assert "make test" in commands["test"]
    assert all(steps[name]["continue-on-error"] for name in commands)
