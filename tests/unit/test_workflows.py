"""The GitHub workflows: actions are pinned, and a job with write permission runs no new code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway_kit.common.redis_search import how_to_get_it

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# For users to copy into the repository of their configuration.
TEMPLATE = ROOT / "gateway_kit" / "rehearsal" / "templates" / "rehearse.yml"


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())["jobs"]
    return found


@pytest.mark.parametrize("path", [*FILES, TEMPLATE], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version_in_a_comment(path: Path) -> None:
    uses = re.findall(r"uses: *(.*)", path.read_text())
    assert uses
    for line in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_the_workflows_agree_on_the_versions_of_actions() -> None:
    pins: dict[str, set[str]] = {}
    for path in [*FILES, TEMPLATE]:
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


def test_the_suite_runs_on_arm_too_and_lesson_04_there_with_the_redis_that_the_advice_names() -> None:
    arm = jobs("test.yml")["arm"]
    assert arm["runs-on"].endswith("-arm")
    steps = [step for step in arm["steps"] if "run" in step]
    assert [step["run"] for step in steps].count(".ci/run") == 1
    [lesson] = [step for step in steps if "notebooks 04" in step["run"]]
    advice = how_to_get_it({}, "aarch64")
    [command] = re.findall(r"`(docker run [^`]*)`", advice)
    assert lesson["run"].splitlines()[0] == command
    assert f"such as {lesson['env']['REDIS_URL']} after" in advice


def test_the_weekly_run_updates_lints_and_tests_even_after_a_failure() -> None:
    steps = {step.get("id"): step for step in jobs("weekly.yml")["resolve"]["steps"]}
    commands = {name: steps[name]["run"] for name in ("locks", "lint", "test")}
    assert "make locks" in commands["locks"]
    assert "make lint" in commands["lint"]
    assert "make test" in commands["test"]
    assert all(steps[name]["continue-on-error"] for name in commands)


def test_a_rehearsed_pull_request_gets_a_token_that_may_only_read() -> None:
    template = yaml.safe_load(TEMPLATE.read_text())
    assert template["permissions"] == {"contents": "read"}
    # `pull_request_target` would give a fork's pull request a token that may write.
    assert template[True] == {"pull_request": None}, "YAML reads the key `on` as true"
    rehearse, comment = template["jobs"]["rehearse"], template["jobs"]["comment"]
    assert "permissions" not in rehearse
    assert not any("GH_TOKEN" in str(step) or "github.token" in str(step) for step in rehearse["steps"])
    checkouts = [step for step in rehearse["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * 3
    assert comment["permissions"] == {"pull-requests": "write"}
    assert "head.repo.full_name == github.repository" in comment["if"]
    uses = [step["uses"].partition("@")[0] for step in comment["steps"] if "uses" in step]
    assert uses == ["actions/download-artifact"]


def test_what_a_pull_request_says_is_never_part_of_a_script() -> None:
    for job in yaml.safe_load(TEMPLATE.read_text())["jobs"].values():
        assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


# A stand-in for GitHub's program: it writes down what it is asked, and lists one comment of each kind.
GH = """#!/bin/sh
printf '%s\\n' "$*" >> asked
case "$*" in *--paginate*) [ -f comments ] && cat comments || true ;; esac
"""


@pytest.mark.parametrize(
    ("earlier", "asked"), [("", "--method POST A/comments"), ("77\n", "--method PATCH B/77")]
)
@pytest.mark.parametrize("lines", [3, 900])
def test_the_report_becomes_a_comment_or_replaces_the_earlier_one(
    earlier: str, asked: str, lines: int, tmp_path: Path
) -> None:
    write = yaml.safe_load(TEMPLATE.read_text())["jobs"]["comment"]["steps"][-1]
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "comments").write_text(earlier)
    report = "".join(f"{number} {'é' * 50}\n" for number in range(lines))
    (tmp_path / "report.md").write_text(report, encoding="utf-8")
    env = {name: value for name, value in write["env"].items() if "${{" not in value}
    env |= {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "COMMENTS": "A/comments",
        "COMMENT": "B",
        "RUN_URL": "the run",
    }
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", write["run"]]
    subprocess.run(shell, cwd=tmp_path, env=env, check=True)
    assert asked in (tmp_path / "asked").read_text().splitlines()[-1]
    mark, _, comment = (tmp_path / "comment.md").read_text(encoding="utf-8").partition("\n")
    assert mark == "<!-- gateway-kit rehearse -->"
    if lines == 3:
        assert comment == report
    else:
        begin, _, end = comment.partition("\nThe rest of the report: ")
        assert end == "the run\n"
        assert report.startswith(begin)
        assert 55_000 < len((mark + comment).encode()) < 65_536, "GitHub refuses longer ones"
