"""Python code that a configuration names: looked up as LiteLLM does, with problems reported at their line."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.stack.configuration import Finding, check_config
from gateway_kit.stack.configuration.document import read_document
from gateway_kit.stack.configuration.module_loading import check_loading
from gateway_kit.stack.configuration.module_references import module_references
from gateway_kit.stack.configuration.modules import module_files

HOOKS = """\
import json

class Hook:
    pass

handler, other = Hook(), Hook()
if json:
    late: Hook = Hook()
unset: int
"""

PLACES = {
    "callbacks": "litellm_settings:\n  callbacks: my_hooks.handler\n",
    "callbacks as a list": "litellm_settings:\n  callbacks: [my_hooks.handler]\n",
    "success_callback": "litellm_settings:\n  success_callback: [langfuse, my_hooks.handler]\n",
    "failure_callback": "litellm_settings:\n  failure_callback: [my_hooks.handler]\n",
    "audit_log_callbacks": "litellm_settings:\n  audit_log_callbacks: [my_hooks.handler]\n",
    "post_call_rules": "litellm_settings:\n  post_call_rules: my_hooks.handler\n",
    "custom_provider_map": (
        "litellm_settings:\n  custom_provider_map: [{provider: mine, custom_handler: my_hooks.handler}]\n"
    ),
    "guardrails of old": (
        "litellm_settings:\n  guardrails: [{pii: {callbacks: [my_hooks.handler], default_on: true}}]\n"
    ),
    "guardrails": (
        "guardrails: [{guardrail_name: pii, litellm_params: {guardrail: my_hooks.handler, mode: pre_call}}]\n"
    ),
    "custom_auth": "general_settings:\n  custom_auth: my_hooks.handler\n",
    "custom_key_generate": "general_settings:\n  custom_key_generate: my_hooks.handler\n",
    "custom_key_update": "general_settings:\n  custom_key_update: my_hooks.handler\n",
    "custom_sso": "general_settings:\n  custom_sso: my_hooks.handler\n",
    "custom_ui_sso_sign_in_handler": "general_settings:\n  custom_ui_sso_sign_in_handler: my_hooks.handler\n",
    "custom_validate": "general_settings:\n  litellm_jwtauth: {custom_validate: my_hooks.handler}\n",
    "custom_secret_manager": (
        "general_settings:\n  key_management_system: custom\n"
        "  key_management_settings: {custom_secret_manager: my_hooks.handler}\n"
    ),
    "mcp_tools": "mcp_tools: [{name: t, description: d, handler: my_hooks.handler}]\n",
    "plugins": "router_settings:\n  plugins: [my_hooks.handler]\n",
    "classifier_plugin": (
        "model_list: [{model_name: a, litellm_params: {model: auto_router/complexity_router, "
        "complexity_router_config: {classifier_plugin: my_hooks.handler}}}]\n"
    ),
}  # fmt: skip


def module_findings(folder: Path, text: str, *, load: bool = False) -> list[Finding]:
    path = folder / "mine.yaml"
    path.write_text(text)
    found = check_config(path, dict(os.environ), load_modules=load)
    return [finding for finding in found if finding.code == "module"]


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_every_place_that_takes_code_is_known(tmp_path: Path, text: str) -> None:
    (found,) = module_findings(tmp_path, text)
    assert found.level == "error"
    assert "my_hooks.py" in found.message
    assert str(tmp_path) in found.message
    (tmp_path / "my_hooks.py").write_text(HOOKS)
    assert module_findings(tmp_path, text) == []
    (found,) = module_findings(
        tmp_path,
        text.replace("handler", "handlr")
        .replace("custom_handlr", "custom_handler")
        .replace("sign_in_handlr", "sign_in_handler")
        .replace("handlr: my", "handler: my"),
    )
    assert "Did you mean `my_hooks.handler`?" in found.fix


def test_a_module_without_names_is_no_list_to_choose_from(tmp_path: Path) -> None:
    (tmp_path / "my_hooks.py").write_text("")
    (found,) = module_findings(tmp_path, PLACES["plugins"])
    assert found.fix == f"Define it in {tmp_path / 'my_hooks.py'}."


@pytest.mark.parametrize("name", ["handler", "other", "late", "Hook", "json", "nothing", "unset"])
def test_a_name_is_found_exactly_if_the_loaded_module_has_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "my_hooks.py").write_text(HOOKS)
    found = module_findings(tmp_path, f"litellm_settings:\n  callbacks: [langfuse, my_hooks.{name}]\n")
    assert (found == []) is (name in runpy.run_path(str(tmp_path / "my_hooks.py")))


BROKEN = {
    "handler = (": "line 1",
    "import no_such_thing_at_all\nhandler = 1\n": "imports `no_such_thing_at_all`",
    "from .beside import x\nhandler = 1\n": "uses a relative import",
    "import beside\nhandler = 1\n": "beside.py, which my_hooks imports, cannot be loaded: line 2",
}


@pytest.mark.parametrize(("code", "message"), BROKEN.items())
def test_code_that_cannot_load_is_rejected_without_running_it(
    tmp_path: Path, code: str, message: str
) -> None:
    (tmp_path / "my_hooks.py").write_text(code)
    (tmp_path / "beside.py").write_text("x = 1\ndef\n")
    (found,) = module_findings(tmp_path, "litellm_settings:\n  callbacks: my_hooks.handler\n")
    assert found.line == 2
    assert message in found.message
    assert found.fix


def test_code_whose_names_are_known_only_at_run_time_is_not_reported(tmp_path: Path) -> None:
    for code in ("from json import *\n", "def __getattr__(name): return 1\n", "globals()['handler'] = 1\n"):
        (tmp_path / "my_hooks.py").write_text(code)
        assert module_findings(tmp_path, "litellm_settings:\n  callbacks: my_hooks.handler\n") == []
    guarded = "try:\n    import no_such_thing_at_all\nexcept ImportError:\n    pass\nhandler = 1\n"
    (tmp_path / "my_hooks.py").write_text(guarded)
    assert module_findings(tmp_path, "litellm_settings:\n  callbacks: my_hooks.handler\n") == []


def test_an_installed_module_needs_no_file(tmp_path: Path) -> None:
    text = "litellm_settings:\n  callbacks: [json.loads, no.such.thing, json.nothing.there]\n"
    assert [f.column for f in module_findings(tmp_path, text)] == [27, 42]


def test_a_package_in_the_configurations_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "audit.py").write_text("handler = 1\n")
    assert module_findings(tmp_path, "litellm_settings:\n  callbacks: hooks.audit.handler\n") == []


def references(folder: Path, text: str) -> Any:
    root, _ = read_document(text)
    assert root is not None
    return root, module_references(root, folder, {})


def test_a_configurations_code_includes_local_imports(tmp_path: Path) -> None:
    (tmp_path / "my_hooks.py").write_text("import json, one\ndef f():\n    from two import x\nhandler = 1\n")
    (tmp_path / "one.py").write_text("import my_hooks\n")
    (tmp_path / "two").mkdir()
    for name in ("__init__", "deep"):
        (tmp_path / "two" / f"{name}.py").write_text("")
    (tmp_path / "unused.py").write_text("")
    root, _ = references(tmp_path, "litellm_settings: {callbacks: my_hooks.handler}\n")
    files = {str(file.relative_to(tmp_path)) for file in module_files(root, tmp_path, {})}
    assert files == {"my_hooks.py", "one.py", "two/__init__.py", "two/deep.py"}


LOADS = {
    "import helper\nhandler = helper.value\n": None,
    "import os\nhandler = os.environ['HOOK_KEY']\n": None,
    "handler = 1\nraise RuntimeError('no audit service')\n": "my_hooks.py line 2: RuntimeError: no audit service",
    "import sys\nsys.exit(3)\nhandler = 1": "my_hooks.py line 2: SystemExit: 3",
    "import os\nos._exit(0)\nhandler = 1": "ended its process",
    "from json import nothing_such\nhandler = 1\n": "my_hooks.py line 1: ImportError",
    "globals()['handlr'] = 1\n": "AttributeError",
}


@pytest.mark.parametrize(("code", "message"), LOADS.items())
def test_code_is_loaded_in_a_separate_process(
    tmp_path: Path, code: str, message: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", "x")
    (tmp_path / "helper.py").write_text("value = 7\n")
    (tmp_path / "my_hooks.py").write_text(code)
    before = sorted(tmp_path.rglob("*"))
    found = module_findings(tmp_path, "litellm_settings:\n  callbacks: my_hooks.handler\n", load=True)
    assert [message in finding.message for finding in found] == ([True] if message else [])
    assert sorted(tmp_path.rglob("*")) == [*before[:1], tmp_path / "mine.yaml", *before[1:]]
    assert "my_hooks" not in sys.modules


def test_code_that_never_finishes_loading_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "my_hooks.py").write_text("import time\ntime.sleep(600)\nhandler = 1\n")
    root, _ = references(tmp_path, "litellm_settings: {callbacks: my_hooks.handler}\n")
    (found,) = check_loading(root, tmp_path, dict(os.environ), limit_s=0.5)
    assert "took longer than" in found.message
