"""Bytecode of what is installed: first of what programs import when they start, later of the rest.

Compiling everything keeps two cores busy for a quarter of a minute, and a start needs a third of it.
"""

from __future__ import annotations

import compileall
import marshal
import os
import py_compile
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source
from multiprocessing import get_context
from opcode import opmap
from pathlib import Path
from py_compile import PycInvalidationMode
from types import CodeType

# A third of all the code, which no start imports: the packages' own tests, tools of developers, and the ten
# megabytes of types that `servers/gateway/litellm_app.py` keeps from being loaded.
NOT_IMPORTED = re.compile(
    r"/tests?/|/site-packages/(pip|setuptools|mypy|mypyc|hypothesis|polars|azure|prisma/types\.py|"
    r"onnxruntime/(transformers|quantization|tools))\b"
)

_BATCH = 24
_32_BITS = 0xFFFFFFFF
# By how many bits a name's index is shifted in the argument.
_LOADS = {opmap["LOAD_NAME"]: 0, opmap["LOAD_ATTR"]: int(sys.version_info >= (3, 12))}
_IF_FALSE = {number for name, number in opmap.items() if re.fullmatch(r"POP_JUMP_(FORWARD_)?IF_FALSE", name)}

File = tuple[Path, str]  # with the package whose module it is


def compile_all(site_packages: Path, kit: Path) -> None:
    """Compile what is not compiled yet."""
    # quiet=2: templates of code generators are not valid Python, and their errors do not matter.
    compileall.compile_dir(site_packages, quiet=2, workers=os.cpu_count() or 1, rx=NOT_IMPORTED)
    compileall.compile_dir(kit, quiet=2, maxlevels=3)


def compile_imported(programs: Iterable[Path], roots: Iterable[Path]) -> set[Path]:
    """Compile programs and the modules below `roots` that they import when they start; the files that were found.

    The imports are read from the compiled code of each module. What is imported inside a function is left out:
    Python compiles that itself when it is called for.
    """
    folders = list(roots)
    known: set[str] = set()
    files = {path: "" for path in programs if not NOT_IMPORTED.search(str(path))}
    waiting = list(files.items())
    running: set[Future[set[str]]] = set()
    workers = os.cpu_count() or 1
    # Not by forking: the set-up has threads.
    with ProcessPoolExecutor(workers, get_context("forkserver")) as pool:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                running.add(pool.submit(imports_of, waiting[:_BATCH]))
                del waiting[:_BATCH]
            done, running = wait(running, return_when=FIRST_COMPLETED)
            names = set().union(*(future.result() for future in done)) - known
            known |= names
            for path, package in (file for name in names for file in located(name, folders)):
                if path not in files and not NOT_IMPORTED.search(str(path)):
                    files[path] = package
                    waiting.append((path, package))
    return set(files)


def imports_of(files: list[File]) -> set[str]:
    """Compile files; the full names of what their modules import. One that is not valid Python imports nothing."""
    names: set[str] = set()
    for path, package in files:
        try:
            names.update(_imports(_compiled(path), package))
        except (py_compile.PyCompileError, OSError, ValueError):
            continue
    return names


def _compiled(path: Path) -> CodeType:
    """The code of a module, compiled and stored unless it is stored already."""
    cached = Path(cache_from_source(str(path)))
    source = path.stat()
    header = MAGIC_NUMBER + struct.pack("<III", 0, int(source.st_mtime) & _32_BITS, source.st_size & _32_BITS)
    stored = cached.read_bytes() if cached.is_file() else b""
    if stored.startswith(header):
        with suppress(EOFError, ValueError, TypeError):  # cut off or damaged
            return _code(stored[len(header) :])
    py_compile.compile(str(path), doraise=True, invalidation_mode=PycInvalidationMode.TIMESTAMP)
    return _code(cached.read_bytes()[len(header) :])


def _code(stored: bytes) -> CodeType:
    code: CodeType = marshal.loads(stored)  # noqa: S302  # what Python itself would run
    return code


def _imports(code: CodeType, package: str) -> Iterator[str]:
    """What a module's own code imports, without what stands below `if TYPE_CHECKING`."""
    steps, names, constants = code.co_code, code.co_names, code.co_consts
    extended = skip_to = 0
    for_type_checkers = False
    loaded: tuple[object, object] = (0, None)  # what stands before an import: level, and names after `import`
    for offset in range(0, len(steps), 2):
        operation, argument = steps[offset], steps[offset + 1] | extended
        extended = argument << 8 if operation == opmap["EXTENDED_ARG"] else 0
        if offset < skip_to:
            continue
        if operation in _LOADS:
            for_type_checkers = names[argument >> _LOADS[operation]] == "TYPE_CHECKING"
        elif operation in _IF_FALSE and for_type_checkers:
            skip_to, for_type_checkers = offset + 2 + 2 * argument, False
        elif operation == opmap["LOAD_CONST"]:
            loaded = (loaded[1], constants[argument])
        elif operation == opmap["IMPORT_NAME"]:
            level, members = loaded
            folders = package.split(".")
            base = folders[: len(folders) - level + 1] if isinstance(level, int) and level else []
            name = ".".join([*base, names[argument]] if names[argument] else base)
            yield name
            # `from package import name`: a module, perhaps.
            yield from (f"{name}.{member}" for member in (members if isinstance(members, tuple) else ()))


def located(name: str, roots: list[Path]) -> Iterator[File]:
    """The files that importing a module runs, its packages' included."""
    parts = name.split(".")
    for root in roots:
        if not (root / parts[0]).is_dir() and not (root / f"{parts[0]}.py").is_file():
            continue
        for end in range(1, len(parts) + 1):
            folder = root.joinpath(*parts[:end])
            if (folder / "__init__.py").is_file():
                yield folder / "__init__.py", ".".join(parts[:end])
            elif folder.with_suffix(".py").is_file():
                yield folder.with_suffix(".py"), ".".join(parts[: end - 1])
        return
