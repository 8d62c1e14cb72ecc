"""The OpenAI SDK, imported without what it is not asked for.

    from gateway_kit.common.openai_sdk import openai

Importing it and making the first call load a class for everything that OpenAI's API has: 1,271 modules (2.54), of
which the kit needs 480. Here the packages that only collect the others' names are filled when somebody asks for such a
name, so a reader's program finds everything in its place. A kernel is spared 10 to 20 MB and half a second of CPU. An
SDK that was imported before stays as it is.
"""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

_COLLECTIONS = (
    "resources", "types", "types.beta", "types.conversations", "types.evals", "types.fine_tuning", "types.graders",
    "types.realtime", "types.responses", "types.vector_stores", "types.webhooks",
)  # fmt: skip


class _Collection(ModuleType):
    """A package that imports its modules one by one, as they are asked for, and all of them for any other name."""

    def __getattr__(self, name: str) -> Any:
        me = threading.get_ident()
        if (name.startswith("__") and name != "__all__") or me in self.__dict__.setdefault(
            "_filled_by", set()
        ):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name != "__all__" and find_spec(f"{self.__name__}.{name}") is not None:
            return importlib.import_module(f"{self.__name__}.{name}")
        self._fill(me)
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        self._fill(threading.get_ident())
        return sorted(self.__dict__)

    def _fill(self, me: int) -> None:
        # No lock: two threads may do it at once, since it ends the same, and imports have locks of their own.
        filled_by = self.__dict__.setdefault("_filled_by", set())
        filled_by.add(me)
        try:
            self.__spec__.loader.exec_module(self)  # type: ignore[union-attr]  # `_collect_later` gave it both
        finally:
            filled_by.discard(me)
        self.__class__ = ModuleType  # type: ignore[assignment]  # nothing is missing any more


def _collect_later() -> None:
    """Put empty packages in the places of those that only collect names."""
    sdk = None if "openai" in sys.modules else find_spec("openai")
    if sdk is None or sdk.origin is None:
        return
    for name in _COLLECTIONS:
        folder = Path(sdk.origin).parent.joinpath(*name.split("."))
        if (folder / "__init__.py").is_file():
            full = f"openai.{name}"
            spec = spec_from_file_location(
                full, folder / "__init__.py", submodule_search_locations=[str(folder)]
            )
            assert spec is not None  # noqa: S101  # a file ending in .py has a loader
            module = module_from_spec(spec)
            module.__class__ = _Collection
            sys.modules[full] = module


_collect_later()

import openai  # noqa: E402  # after the line above, which is the point of this file

for _name in _COLLECTIONS:
    # As the import system does for a module that it has loaded itself.
    _parent, _, _own = f"openai.{_name}".rpartition(".")
    if (_module := sys.modules.get(f"openai.{_name}")) is not None:
        sys.modules[_parent].__dict__.setdefault(_own, _module)

__all__ = ["openai"]
