"""Renders the official charts with exported values, offline, and checks every object that comes out.

    python tools/render_charts.py EXPORT_FOLDER CHARTS_FOLDER [--kubernetes 1.34]

EXPORT_FOLDER is what `gateway-kit export helm` wrote. CHARTS_FOLDER holds a folder for each chart, `litellm-helm` and
`langfuse`, as `helm pull --untar` unpacks them; stores that the values switch off need not be there. Needs the packages
`helm-python-sdk` (Helm itself, 75 MB) and `kubernetes-validate`; the first is no part of the locks.

Exits with 1 if a chart does not render or an object breaks its schema.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

NAMESPACE = "llm-gateway"
# Release → chart's folder, values files in the order in which they are given, and how many of them have to exist.
RELEASES = {
    "litellm": ("litellm-helm", ("litellm-values.yaml", "litellm-production.yaml")),
    "litellm (values alone)": ("litellm-helm", ("litellm-values.yaml",)),
    "litellm-semantic": ("litellm-helm", ("litellm-semantic.yaml",)),
    "langfuse": ("langfuse", ("langfuse-values.yaml",)),
}


def main() -> int:
    """Render each release that the export has files for; one line an object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", type=Path)
    parser.add_argument("charts", type=Path)
    parser.add_argument("--kubernetes", default="1.34", help="version of the schemas  [default: 1.34]")
    arguments = parser.parse_args()
    import helm_python

    print(f"Helm {helm_python.helm_sdk_version()}, Kubernetes {arguments.kubernetes}")
    problems = 0
    for release, (chart, names) in RELEASES.items():
        files = [arguments.export / name for name in names]
        if not all(file.exists() for file in files):
            print(f"\n{release}: not exported")
            continue
        print(f"\n{release}: {chart} with {', '.join(names)}")
        try:
            objects = render(arguments.charts / chart, files, release.split()[0])
        except helm_python.HelmError as exc:
            print(f"  FAILED {exc}")
            problems += 1
            continue
        problems += sum(not valid(each, arguments.kubernetes) for each in objects)
        for mistake in [
            *unknown_secrets(objects, arguments.export),
            *repeated_variables(objects),
            *changed_settings(objects, files),
        ]:
            print(f"  WRONG  {mistake}")
            problems += 1
    print(f"\n{problems} problems")
    return 1 if problems else 0


def render(chart: Path, files: list[Path], release: str) -> list[dict[str, Any]]:
    """The objects of a release, as Helm would send them to the cluster."""
    import helm_python

    values: dict[str, Any] = {}
    for file in files:
        values = merged(values, yaml.safe_load(file.read_text(encoding="utf-8")))
    with helm_python.Chart.load(chart) as loaded:
        rendered = loaded.render(values, name=release, namespace=NAMESPACE)
    return [
        document
        for path, text in sorted(rendered.items())
        if path.endswith((".yaml", ".yml"))
        for document in yaml.safe_load_all(text)
        if document
    ]


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two values files as Helm merges them: mappings by key, everything else replaced."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def valid(document: dict[str, Any], version: str) -> bool:
    """Check one object strictly: a key that Kubernetes does not know is a mistake too."""
    name = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as exc:
        print(f"  WRONG  {name}: {exc}")
        return False
    print(f"  ok     {name}")
    return True


def unknown_secrets(objects: list[dict[str, Any]], export: Path) -> list[str]:
    """References to Secrets, or keys of them, that nobody is told to make."""
    example = yaml.safe_load_all((export / "kubernetes" / "secrets.example.yaml").read_text(encoding="utf-8"))
    made = {each["metadata"]["name"]: set(each["stringData"]) for each in example}
    made |= {
        each["metadata"]["name"]: set(each.get("data") or {}) for each in objects if each["kind"] == "Secret"
    }
    found = []
    for reference in (each for document in objects for each in references(document)):
        name, key = reference["name"], reference.get("key")
        if name not in made or (key is not None and key not in made[name]):
            found.append(f"Secret {name}{f' key {key}' if key else ''} is referred to and nowhere made")
    return sorted(set(found))


def references(part: Any) -> Iterator[dict[str, Any]]:
    """Every `secretKeyRef` and `secretRef` in an object."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if key in ("secretKeyRef", "secretRef"):
            yield value
        elif isinstance(value, dict | list):
            yield from references(value)


def changed_settings(objects: list[dict[str, Any]], files: list[Path]) -> list[str]:
    """Settings of LiteLLM's configuration that do not arrive as they were exported."""
    wanted: dict[str, Any] = {}
    for file in files:
        wanted = merged(wanted, yaml.safe_load(file.read_text(encoding="utf-8")).get("proxy_config") or {})
    texts = [each["data"]["config.yaml"] for each in objects if "config.yaml" in (each.get("data") or {})]
    return [change for text in texts for change in differences(wanted, yaml.safe_load(text), "proxy_config")]


def differences(wanted: Any, found: Any, place: str) -> list[str]:
    """Where two values differ. Helm writes 0.0000001 as 1e-07: a word in YAML 1.1, but LiteLLM makes a number of it."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        keys = sorted({*wanted, *found}, key=str)
        return [
            each for key in keys for each in differences(wanted.get(key), found.get(key), f"{place}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return [each for number, pair in pairs for each in differences(*pair, f"{place}[{number}]")]
    if isinstance(wanted, float) and isinstance(found, str | int) and float(found) == wanted:
        return []
    return [] if wanted == found else [f"{place} is {found!r} and not {wanted!r}"]


def repeated_variables(objects: list[dict[str, Any]]) -> list[str]:
    """Variables that stand twice in a container: which of them counts is nobody's guess."""
    found = []
    for document in objects:
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            names = [each["name"] for each in container.get("env", [])]
            twice = sorted({name for name in names if names.count(name) > 1})
            found += [
                f"{document['kind']} {document['metadata']['name']} sets {name} twice" for name in twice
            ]
    return found


if __name__ == "__main__":
    sys.exit(main())
