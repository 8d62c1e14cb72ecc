"""The kit treats includes and modules as LiteLLM does, which is run in a separate process for comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway_kit.stack.configuration import check_config
from gateway_kit.stack.configuration.includes import flattened
from tests.litellm_program import run_with_litellm

PROGRAM = """
import asyncio
from pathlib import Path
import yaml
from litellm.proxy.common_utils.config_includes import resolve_include_file_path, resolve_includes
from litellm.proxy.types_utils.utils import get_instance_fn

async def read(location):
    found = yaml.safe_load(Path(location).read_text()) or {}
    if not isinstance(found, dict):
        raise ValueError("no mapping")
    return found

def merged(path):
    resolve = lambda entry, declared_in: resolve_include_file_path(entry, declared_in, path)
    return asyncio.run(resolve_includes(yaml.safe_load(Path(path).read_text()), path, resolve, read))

def answer(ask, *what):
    try:
        found = ask(*what)
        return found if ask is merged else "loaded"
    except Exception as exc:
        return f"failed: {type(exc).__name__}"

def main(request):
    return {
        "merged": [answer(merged, path) for path in request["merge"]],
        "loaded": [answer(get_instance_fn, value, path) for value, path in request["load"]],
    }
"""

MERGES: list[dict[str, str]] = [
    {
        "root": "include: [parts/a.yaml, b.yaml]\nmodel_list:\n  - model_name: one\nx-note: root\n",
        "parts/a": "include: [c.yaml, ../b.yaml, ../root.yaml]\nmodel_list:\n  - model_name: two\nx-note: a\n",
        "parts/c": "model_list:\n  - model_name: three\nlitellm_settings: {drop_params: true}\n",
        "b": "model_list:\n  - model_name: four\nlitellm_settings: {num_retries: 2}\n",
    },
    {
        "root": "include: [a.yaml]\n", "a": "include: [parts/b.yaml]\nx-a: 1\n",
        "parts/b": "include: [c.yaml]\n", "c": "x-c: 2\n",
    },
    {"root": "include: [a.yaml]\nx-x: &n [1]\nx-y: *n\n", "a": "x-z: &n {k: 'os.environ/A'}\nx-w: *n\nx-t: 'yes'\n"},
    {"root": "include: [a.yaml]\nx-x: [1]\nx-y: {a: 1}\n", "a": "x-x: {b: 2}\nx-y: [2]\n"},
    {"root": "include: []\nmodel_list: []\n"},
    {"root": "include: [a.yaml]\nmodel_list: []\n", "a": ""},
    {"root": "include: [nowhere.yaml]\n"},
    {"root": "include: a.yaml\n", "a": "x-a: 1\n"},
    {"root": "include: [[a.yaml]]\n", "a": "x-a: 1\n"},
    {"root": "include: [a.yaml]\n", "a": "- 1\n"},
]  # fmt: skip

CODE = {
    "hooks": "class Hook: pass\nhandler = Hook()\nif handler:\n    late = 1\n",
    "broken": "handler = (",
    "raises": "handler = 1\nraise ValueError\n",
    "lacks": "import no_such_thing\nhandler = 1\n",
    "relative": "from .hooks import handler\n",
    "deep/er": "handler = 1\n",
    "json": "handler = 1\n",
}
LOADS = (
    "hooks.handler", "hooks.late", "hooks.Hook", "hooks.none", "broken.handler", "raises.handler", "lacks.handler",
    "relative.handler", "deep.er.handler", "deep.none.handler", "nowhere.handler", "json.handler", "json.loads",
    "string.digits", "email.mime.text.MIMEText", "email.mime.nothing.X",
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """LiteLLM's results for all cases, and the cases' folder."""
    place = tmp_path_factory.mktemp("cases")
    roots = []
    for number, texts in enumerate(MERGES):
        for name, text in texts.items():
            path = place / str(number) / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        roots.append(place / str(number) / "root.yaml")
    for name, text in CODE.items():
        path = place / "code" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    configuration = place / "code" / "mine.yaml"
    request = {
        "merge": [str(path) for path in roots],
        "load": [[value, str(configuration)] for value in LOADS],
    }
    answers = run_with_litellm(PROGRAM, request, tmp_path_factory.mktemp("litellm"))
    return {**answers, "roots": roots, "configuration": configuration}


@pytest.mark.parametrize("number", range(len(MERGES)))
def test_includes_are_merged_as_litellm_merges_them(asked: Any, number: int) -> None:
    path: Path = asked["roots"][number]
    refused = [found for found in check_config(path, {}) if found.code in ("include", "shape")]
    if str(asked["merged"][number]).startswith("failed"):
        assert refused
    else:
        assert not refused
        assert (yaml.safe_load(flattened(path.read_text(), path)) or {}) == asked["merged"][number]


@pytest.mark.parametrize("number", range(len(LOADS)), ids=LOADS)
def test_code_is_rejected_exactly_if_litellm_cannot_load_it(asked: Any, number: int) -> None:
    path: Path = asked["configuration"]
    path.write_text(f"litellm_settings:\n  success_callback: [{LOADS[number]}]\n")
    found = [
        f for f in check_config(path, {"PATH": "/usr/bin:/bin"}, load_modules=True) if f.code == "module"
    ]
    assert bool(found) is (asked["loaded"][number] != "loaded"), [str(f) for f in found]
