"""What an update of the lock files changed, as the text of an issue.

    python tools/lock_changes.py [--step "make test=failure" …] [--junit FILE] [--logs FOLDER] [--newer FILE …]

Compares every lock file with the last commit's. Writes nothing if no version changed and every step succeeded. Needs
only Python, because the environment that it reports on may no longer work.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("*.lock", "*package-lock.json")

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\\;]+)", re.MULTILINE)
# GitHub's limit is 65,536 characters; this leaves room for the text around the lists.
_MOST_CHARACTERS = 60_000
_MOST_TESTS = 100
_LOG_LINES = 30


@dataclass(frozen=True)
class Change:
    """A package whose version differs; a version is "" if the lock file does not have the package."""

    lock: str
    package: str
    before: str
    after: str


def versions(text: str) -> dict[str, str]:
    """Package → version in npm's or pip's lock file; several versions of one package are joined by commas."""
    result: dict[str, set[str]] = {}
    if text.lstrip().startswith("{"):
        for path, entry in json.loads(text)["packages"].items():
            if path:
                result.setdefault(path.rpartition("node_modules/")[2], set()).add(entry["version"])
    else:
        for name, version in _PIN.findall(text):
            result.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(several)) for name, several in result.items()}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """The differences between two sets of lock files (name → text), sorted by name."""
    result = []
    for lock in sorted(before.keys() | after.keys()):
        old, new = versions(before.get(lock, "")), versions(after.get(lock, ""))
        result += [
            Change(lock, package, old.get(package, ""), new.get(package, ""))
            for package in sorted(old.keys() | new.keys())
            if old.get(package) != new.get(package)
        ]
    return result


def failed_tests(junit: str) -> list[str]:
    """The tests in a JUnit report that failed or had an error, as `module::name`."""
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in ET.fromstring(junit).iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]


def held_back(listed: str) -> list[tuple[str, str, str]]:
    """(package, version, newest) from `uv pip list --outdated --format json` or `npm outdated --json`."""
    outdated = json.loads(listed or "[]")
    if isinstance(outdated, dict):
        return sorted((name, entry["wanted"], entry["latest"]) for name, entry in outdated.items())
    return sorted((entry["name"], entry["version"], entry["latest_version"]) for entry in outdated)


def report(
    changed: Sequence[Change],
    steps: Mapping[str, str],
    *,
    failed: Sequence[str] = (),
    logs: Mapping[str, str] = {},
    held: Sequence[tuple[str, str, str]] = (),
) -> str:
    """The issue in Markdown; "" if nothing changed and every step succeeded."""
    if not changed and all(outcome == "success" for outcome in steps.values()):
        return ""
    parts = ["Lock files updated from `pyproject.toml` and the `.in` files. The repository was not changed."]
    if steps:
        parts.append(_table(("step", "result"), ((_code(name), outcome) for name, outcome in steps.items())))
    if failed:
        more = [f"and {len(failed) - _MOST_TESTS} more"] if len(failed) > _MOST_TESTS else []
        listed = [_code(name) for name in failed[:_MOST_TESTS]] + more
        parts.append(f"### Failed tests: {len(failed)}\n\n" + "\n".join(f"- {line}" for line in listed))
    for lock in dict.fromkeys(change.lock for change in changed):
        rows = [
            (_code(change.package), _code(change.before) or "new", _code(change.after) or "removed")
            for change in changed
            if change.lock == lock
        ]
        parts.append(f"### {_code(lock)}: {len(rows)}\n\n" + _table(("package", "before", "after"), rows))
    if not changed:
        parts.append("No version changed.")
    if held:
        newer = [tuple(map(_code, row)) for row in held if row[1] != row[2]]
        parts.append(
            "### Held back by a pin or by another package\n\n"
            + _table(("package", "locked", "newest"), newer)
        )
    for name, log in logs.items():
        if steps.get(name, "success") != "success":
            end = "\n".join(line.replace("```", "'''") for line in log.splitlines()[-_LOG_LINES:])
            parts.append(f"### End of the log of {_code(name)}\n\n```text\n{end}\n```")
    parts.append(
        "To adopt these versions: `make locks`, `make lint`, `make test`, and commit the lock files."
    )
    text = "\n\n".join(parts) + "\n"
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "\n\n… truncated: too long.\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    # As code, a name such as "@prisma/client" does not become a mention on GitHub.
    return f"`{text.replace('`', chr(39)).replace('|', '/')}`" if text else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the issue to standard output or, if it is not empty, to a file."""
    parser = argparse.ArgumentParser(description="Report changes of the lock files, as the text of an issue.")
    parser.add_argument("--step", action="append", default=[], metavar="COMMAND=RESULT")
    parser.add_argument("--junit", type=Path, help="pytest's JUnit report, if any")
    parser.add_argument(
        "--logs", type=Path, help="a folder with one log per step, such as make-test.log for `make test`"
    )
    parser.add_argument(
        "--newer",
        type=Path,
        action="append",
        default=[],
        help="the list of outdated packages from uv or npm, as JSON",
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args(arguments)
    steps = dict(step.rsplit("=", 1) for step in options.step)
    failed = failed_tests(options.junit.read_text()) if options.junit and options.junit.is_file() else []
    logs = {}
    for name in steps if options.logs else ():
        path = options.logs / f"{name.replace(' ', '-')}.log"
        if path.is_file():
            logs[name] = path.read_text(errors="replace")
    held = [row for path in options.newer if path.is_file() for row in held_back(path.read_text())]
    changed = changes(_committed(options.root), _present(options.root))
    text = report(changed, steps, failed=failed, logs=logs, held=held)
    if options.out is None:
        sys.stdout.write(text)
    elif text:
        options.out.write_text(text)
    return 0


def _present(root: Path) -> dict[str, str]:
    listed = _git(root, "ls-files", "--cached", "--others", "--exclude-standard", *LOCKS)
    return {name: (root / name).read_text() for name in listed.splitlines() if (root / name).is_file()}


def _committed(root: Path) -> dict[str, str]:
    listed = _git(root, "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    names = [name for name in listed if any(Path(name).match(pattern) for pattern in LOCKS)]
    return {name: _git(root, "show", f"HEAD:{name}") for name in names}


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
