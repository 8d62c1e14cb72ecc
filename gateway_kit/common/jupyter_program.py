"""Run one of Jupyter's programs as `python -m` would, without the slowest parts of its start.

    python -Pm gateway_kit.common.jupyter_program papermill in.ipynb out.ipynb

`jsonschema`, by which notebooks are checked, imports `rfc3987_syntax` where it is installed. That builds a grammar of
international addresses, and no schema of a notebook has any. Papermill imports the clients of two clouds' storage where
they are installed, as LiteLLM's own packages see to, and a lesson lies in a folder. A seat's server imports the hub's
database layer and pages, of which it uses nothing. JupyterLab starts Node twice to ask from where it would fetch
packages if it built itself anew, and answers nobody meanwhile; its search for language servers asks npm for its folder,
which is the kit's own and has none.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_GRAMMAR = "rfc3987_syntax"
_CLOUD_STORAGE = ("boto3", "azure")
# What stands for the hub's own modules while its server for one user is imported, with the names that are taken.
_OF_THE_HUB: dict[str, dict[str, Any]] = {
    "jupyterhub.handlers": {},
    "jupyterhub.handlers.pages": {"HealthCheckHandler": type("HealthCheckHandler", (), {})},
    "jupyterhub.orm": {},
    "sqlalchemy": {"func": None},
    "sqlalchemy.exc": {"SQLAlchemyError": type("SQLAlchemyError", (Exception,), {})},
}


def import_jsonschema() -> None:
    """Import `jsonschema` without the grammar, unless either is there already; others may still import that."""
    with _hidden(_GRAMMAR):
        importlib.import_module("jsonschema")


def _import_papermill() -> None:
    with _hidden(*_CLOUD_STORAGE):
        importlib.import_module("papermill")


def _import_single_user() -> None:
    """Import JupyterHub's server for one user without the hub's database and pages: 35 MB and half a second a seat.

    Its log leaves out requests that a `HealthCheckHandler` of the hub answered, and imports the hub's pages to know
    one; what queries the database is called by the hub alone.
    """
    if _OF_THE_HUB.keys() & sys.modules.keys():
        return
    for name, contents in _OF_THE_HUB.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(contents)
    try:
        for name in ("jupyterhub.log", "jupyterhub.scopes"):
            importlib.import_module(name)
    finally:
        for name in _OF_THE_HUB:
            del sys.modules[name]


def _import_lab() -> None:
    """Import JupyterLab so that it takes its own default for where packages for a build of itself are; none is made.

    Language servers are found in all other places, such as Python's own packages.
    """
    commands = importlib.import_module("jupyterlab.commands")
    vars(commands)["_yarn_config"] = lambda _logger: {"yarn config": {}, "npm config": {}}
    manager = importlib.import_module("jupyter_lsp.types").LanguageServerManagerAPI
    manager._npm_prefix = lambda _manager, _npm: None


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Packages that cannot be imported meanwhile, unless they are there already."""
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None is the import system's sign of a module that is not there
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


if __name__ == "__main__":
    import_jsonschema()
    del sys.argv[0]
    if sys.argv[0] == "papermill":
        _import_papermill()
    if sys.argv[0] == "jupyterhub.singleuser":
        _import_single_user()
    if sys.argv[0] in ("jupyterlab", "jupyterhub.singleuser"):
        _import_lab()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
