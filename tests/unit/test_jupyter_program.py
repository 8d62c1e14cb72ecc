"""Jupyter's programs, run as `python -m` would, without building a grammar that they do not need."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def python(*words: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_gets_its_own_arguments(tmp_path: Path):
    output = python("-m", "gateway_kit.common.jupyter_program", "papermill", "--version", folder=tmp_path)
    assert version("papermill") in output


def test_papermill_starts_without_importing_cloud_storage(tmp_path: Path):
    code = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print([m for m in ('papermill', 'boto3', 'azure') if m in sys.modules]))\n"
        "sys.argv = ['', 'papermill', '--version']\n"
        "runpy.run_module('gateway_kit.common.jupyter_program', run_name='__main__')\n"
    )
    assert python("-c", code, folder=tmp_path).splitlines()[-1] == "['papermill']"


def test_a_seats_server_starts_without_the_hubs_database_and_keeps_its_rights(tmp_path: Path):
    code = (
        "import atexit, runpy, sys\n"
        "def show():\n"
        "    from jupyterhub.scopes import _intersect_expanded_scopes as common\n"
        "    print([m for m in ('jupyterhub.singleuser', 'sqlalchemy', 'jupyterhub.orm') if m in sys.modules])\n"
        "    print(sorted(common({'access:servers', 'read:users'}, {'access:servers!user=a', 'list:users'})))\n"
        "atexit.register(show)\n"
        "sys.argv = ['', 'jupyterhub.singleuser', '--version']\n"
        "runpy.run_module('gateway_kit.common.jupyter_program', run_name='__main__')\n"
    )
    shown = python("-c", code, folder=tmp_path).splitlines()[-2:]
    assert shown == ["['jupyterhub.singleuser']", "['access:servers!user=a']"]


def test_jupyterlab_starts_no_node(tmp_path: Path):
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho started >> {tmp_path}/log\n")
        program.chmod(0o700)
    code = (
        "import atexit, os, runpy, sys\n"
        "from pathlib import Path\n"
        f"os.environ['PATH'] = {str(tmp_path)!r} + os.pathsep + os.environ['PATH']\n"
        "def show():\n"
        "    from jupyterlab.commands import AppOptions\n"
        "    from jupyter_lsp.manager import LanguageServerManager\n"
        "    manager = LanguageServerManager()\n"
        "    manager.initialize()\n"
        "    print(bool(AppOptions().registry), Path('log').exists(), Path(sys.prefix) in manager.node_roots)\n"
        "atexit.register(show)\n"
        "sys.argv = ['', 'jupyterlab', '--version']\n"
        "runpy.run_module('gateway_kit.common.jupyter_program', run_name='__main__')\n"
    )
    assert python("-c", code, folder=tmp_path).splitlines()[-1] == "True False True"


def test_the_grammar_is_not_built_and_can_still_be_imported(tmp_path: Path):
    code = (
        "import sys\n"
        "from gateway_kit.common.jupyter_program import import_jsonschema\n"
        "import_jsonschema()\n"
        "import nbformat\n"
        "nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('1')]))\n"
        "print('lark' in sys.modules)\n"
        "import rfc3987_syntax\n"
        "print(rfc3987_syntax.is_valid_syntax('iri', 'http://a/b'))\n"
    )
    assert python("-c", code, folder=tmp_path).split() == ["False", "True"]
