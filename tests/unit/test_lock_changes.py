"""The weekly issue: what changed between two sets of lock files, and what failed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "lock_changes.py"

PYTHON_BEFORE = """\
litellm[proxy]==1.0.1 \\
    --hash=sha256:aa
    # via
    #   gateway-kit (pyproject.toml)
same==3 \\
    --hash=sha256:bb
old-one==0.4 ; python_full_version < '3.12' \\
    --hash=sha256:cc
soupsieve==2.10 ; python_full_version < '3.12' \\
    --hash=sha256:dd
soupsieve==4.1.2 ; python_full_version >= '3.12' \\
    --hash=sha256:ee
"""
PYTHON_AFTER = """\
litellm[proxy]==1.0.12 \\
    --hash=sha256:a1
same==3 \\
    --hash=sha256:b1
soupsieve==2.10 ; python_full_version < '3.12' \\
    --hash=sha256:d1
soupsieve==4.1.3 ; python_full_version >= '3.12' \\
    --hash=sha256:e1
new-one==1.0.post1 \\
    --hash=sha256:f1
"""
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_good"/>
<testcase classname="tests.unit.test_a" name="test_bad[x|y]"><failure message="m">t</failure></testcase>
<testcase classname="tests.stack.test_b" name="test_worse"><error message="m">t</error></testcase>
<testcase classname="tests.stack.test_b" name="test_left_out"><skipped/></testcase>
</testsuite></testsuites>"""


def npm(**versions: str) -> str:
    packages = {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    return json.dumps({"packages": {"": {"name": "kit"}, **packages, "node_modules/@a/b": {"version": "1"}}})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose committed lock files are the old ones."""
    root = tmp_path / "repository"
    (root / "node").mkdir(parents=True)
    (root / "requirements.lock").write_text(PYTHON_BEFORE)
    (root / "node" / "package-lock.json").write_text(npm(pg="8.1.0"))
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "Locks"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def issue(repository: Path, *arguments: str) -> str:
    command = [sys.executable, "-I", str(SCRIPT), "--root", str(repository), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


def test_only_changed_versions_have_rows(repository: Path) -> None:
    (repository / "requirements.lock").write_text(PYTHON_AFTER)
    (repository / "node" / "package-lock.json").write_text(npm(pg="8.2.0"))
    text = issue(repository)
    assert table_rows(text) == [
        ["pg", "8.1.0", "8.2.0"],
        ["litellm", "1.0.1", "1.0.12"],
        ["new-one", "new", "1.0.post1"],
        ["old-one", "0.4", "removed"],
        ["soupsieve", "2.10, 4.1.2", "2.10, 4.1.3"],
    ]
    assert text.index("node/package-lock.json") < text.index("requirements.lock`")


def test_a_split_lock_shows_added_and_removed_packages(repository: Path) -> None:
    (repository / "requirements.lock").write_text("same==3\n")
    (repository / "requirements-dev.lock").write_text("litellm==1.0.1\n")
    text = issue(repository)
    assert "`requirements-dev.lock`: 1" in text
    assert ["litellm", "new", "1.0.1"] in table_rows(text)
    assert ["litellm", "1.0.1", "removed"] in table_rows(text)


def test_there_is_no_issue_if_nothing_changed_or_failed(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "issue.md"
    issue(repository, "--step", "make test=success", "--out", str(out))
    assert not out.exists()
    issue(repository, "--step", "make test=failure", "--out", str(out))
    assert "No version changed." in out.read_text()


def test_failed_steps_and_tests_are_named_with_the_end_of_the_log(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(JUNIT)
    (tmp_path / "make-test.log").write_text("\n".join(f"line {n}" for n in range(100)) + "\n``` boom")
    (tmp_path / "make-lint.log").write_text("lint was fine")
    text = issue(
        repository,
        *("--step", "make lint=success", "--step", "make test=failure"),
        *("--junit", str(tmp_path / "junit.xml"), "--logs", str(tmp_path)),
    )
    assert ["make test", "failure"] in [[row[0], row[1].strip()] for row in table_rows(text)]
    assert "### Failed tests: 2" in text
    assert "- `tests.unit.test_a::test_bad[x/y]`" in text  # a bar would end a table's cell
    assert "- `tests.stack.test_b::test_worse`" in text
    assert "line 99\n''' boom\n```" in text  # the log cannot close its own block
    assert "line 60" not in text
    assert "lint was fine" not in text


def test_a_step_that_failed_before_any_report_is_still_reported(repository: Path, tmp_path: Path) -> None:
    text = issue(
        repository, "--step", "make locks=failure", "--step", "make test=skipped", "--junit", "none.xml"
    )
    assert "| `make locks` | failure |" in text
    assert "| `make test` | skipped |" in text


def test_packages_held_back_by_a_pin_are_listed_with_the_newest_version(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "python.json").write_text(
        '[{"name": "openai", "version": "2.54.0", "latest_version": "3.57.0", "latest_filetype": "wheel"}]'
    )
    (tmp_path / "node.json").write_text(
        '{"prisma": {"wanted": "5.17.0", "latest": "7.10.1"}, "pg": {"wanted": "8.1", "latest": "8.1"}}'
    )
    (tmp_path / "empty.json").write_text("")
    (repository / "requirements.lock").write_text(PYTHON_AFTER)
    files = [tmp_path / name for name in ("python.json", "node.json", "empty.json", "none.json")]
    text = issue(repository, *(word for file in files for word in ("--newer", str(file))))
    assert table_rows(text)[-2:] == [["openai", "2.54.0", "3.57.0"], ["prisma", "5.17.0", "7.10.1"]]


def test_package_names_do_not_become_mentions(repository: Path) -> None:
    (repository / "node" / "package-lock.json").write_text(npm(pg="8.1.0").replace("@a/b", "@b/a"))
    assert "`@b/a`" in issue(repository)


def test_the_issue_fits_githubs_length_limit(repository: Path) -> None:
    (repository / "requirements.lock").write_text("".join(f"package-{n}==1.{n}\n" for n in range(5000)))
    text = issue(repository)
    assert len(text) < 65_536
    assert text.endswith("… truncated: too long.\n")
