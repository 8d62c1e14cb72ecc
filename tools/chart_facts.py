"""Which settings a Helm chart has, as data for the tests: the path of each key and the type of its default.

    python tools/chart_facts.py CHART_FOLDER --source WHERE [--version VERSION] [--open PATH]

Reads `values.yaml` and what the templates ask for besides (`.Values.a.b`, without a default). Nothing of the chart's
text is kept. Run it when LiteLLM's or Langfuse's chart moves, for
`tests/unit/chart_facts/NAME.json`, and read the difference.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

_ASKED = re.compile(r"\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
# In the order in which isinstance has to ask: True is an int too.
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (int, "number"), (float, "number"), (str, "string"), (list, "list"), (dict, "mapping"),
)  # fmt: skip


def main() -> None:
    """Print the facts of one chart."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chart", type=Path)
    parser.add_argument(
        "--version", help="the published version, where Chart.yaml has another until a release"
    )
    parser.add_argument(
        "--source", required=True, help="where the chart was taken from: repository, commit, folder"
    )
    parser.add_argument("--open", action="append", default=[], help="a mapping whose default is an example")
    arguments = parser.parse_args()
    found = facts(arguments.chart, arguments.version, arguments.open)
    print(json.dumps({"source": arguments.source, **found}, indent=1))


def facts(chart: Path, version: str | None = None, examples: Sequence[str] = ()) -> dict[str, Any]:
    """Name, version, and path → type; `open` is a mapping that takes any key: empty by default, or an example."""
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    paths = dict(sorted(_paths(yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8")))))
    for path in sorted(_asked(chart / "templates")):
        parts = path.split(".")
        above = [".".join(parts[:length]) for length in range(1, len(parts))]
        if path not in paths and not any(paths.get(each, "mapping") != "mapping" for each in above):
            paths[path] = "any"
    for path in examples:
        paths = {key: kind for key, kind in paths.items() if not key.startswith(f"{path}.")} | {path: "open"}
    return {
        "chart": about["name"],
        "version": version or about["version"],
        "paths": dict(sorted(paths.items())),
    }


def _paths(values: dict[str, Any], above: str = "") -> list[tuple[str, str]]:
    found = []
    for key, value in values.items():
        path = f"{above}{key}"
        found.append((path, _type(value)))
        if isinstance(value, dict) and value:
            found += _paths(value, f"{path}.")
    return found


def _type(value: Any) -> str:
    if value == {}:
        return "open"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "any")


def _asked(templates: Path) -> set[str]:
    """What the templates read, by whole paths; a function's name behind a path is none of it."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in templates.rglob("*") if path.is_file())
    return {match.group(1)[1:] for match in _ASKED.finditer(text)}


if __name__ == "__main__":
    main()
