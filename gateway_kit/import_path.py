"""Files that hide an installed package: a `redis.py` beside the notebook, another openai on PYTHONPATH. Internal.

It runs before everything else of the kit, and imports nothing that could itself be hidden.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from gateway_kit.errors import ShadowedPackageError

# What the helper imports; a test compares.
PACKAGES = frozenset({
    "IPython", "click", "httpx", "ipywidgets", "langfuse", "matplotlib", "numpy", "openai", "opentelemetry", "pandas",
    "psutil", "pydantic", "pydantic_core", "redis", "requests", "traitlets",
})  # fmt: skip
# What the kit imports besides, without its servers, if the extras are installed.
OF_EXTRAS = frozenset({
    "cryptography", "filelock", "jupyterhub", "nbformat", "orjson", "packaging", "psycopg", "rich", "segno",
    "starlette", "tornado", "uvicorn", "yaml",
})  # fmt: skip
# What the programs that it starts import, and a lesson's kernel.
_FURTHER = frozenset({"litellm", "fastapi", "prisma", "zmq", "jupyter_client", "ipykernel"})
IMPORTED = PACKAGES | OF_EXTRAS | _FURTHER
# Modules of Python's own whose names files may have, since nothing imports them on the way.
_HARMLESS = frozenset({"test", "this", "antigravity", "idlelib", "turtledemo", "lib2to3"})

COMMAND = "gateway-kit"


def check_import_path() -> None:
    """Raise ShadowedPackageError if a file on the import path hides a package that the kit imports.

    The command line leaves PYTHONPATH out of its own path instead: it uses nobody's modules.
    """
    if os.path.basename(sys.argv[0] if sys.argv else "") == COMMAND:  # noqa: PTH119  # pathlib may be hidden
        sys.path[:] = without_pythonpath(sys.path, os.environ.get("PYTHONPATH", ""))
        return
    installed = _installed()
    here = {name for name in OF_EXTRAS if os.path.isdir(os.path.join(installed, name))}  # noqa: PTH112, PTH118
    for name, file in hidden(sys.path, installed, PACKAGES | here):
        raise ShadowedPackageError(name, file)


def without_pythonpath(path: Sequence[str], pythonpath: str) -> list[str]:
    """An import path without the folders of a PYTHONPATH."""
    given = {os.path.abspath(folder) for folder in pythonpath.split(os.pathsep)} if pythonpath else set()  # noqa: PTH100
    kept = {_installed(), os.path.dirname(os.__file__)}  # noqa: PTH120
    return [entry for entry in path if os.path.abspath(entry) not in given or entry in kept]  # noqa: PTH100


def hidden(path: Sequence[str], installed: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(package, the file that hides it) for files on an import path before the installed packages."""
    if installed not in path:
        return
    for folder in path[: path.index(installed)]:
        if folder != os.path.dirname(os.__file__):  # noqa: PTH120
            yield from hiding(folder, names)


def hiding(folder: str, names: frozenset[str] | None = None) -> Iterator[tuple[str, str]]:
    """(module, the file that hides it) for files in a folder with a module's name.

    Without `names` also for Python's own modules, which a folder of PYTHONPATH can hide, and the folder in which
    `python -m` is typed; a notebook's own folder comes after them.
    """
    wanted = names if names is not None else (IMPORTED | sys.stdlib_module_names) - _HARMLESS
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem, _, ending = entry.name.partition(".")
        if stem not in wanted:
            continue
        module = ending in ("py", "pyc") or ending.endswith("so")
        package = not ending and os.path.isfile(os.path.join(entry.path, "__init__.py"))  # noqa: PTH113, PTH118
        if module or package:
            yield stem, os.path.abspath(entry.path)  # noqa: PTH100


def _installed() -> str:
    """The folder of this environment's packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return os.path.join(sys.prefix, "lib", version, "site-packages")  # noqa: PTH118
