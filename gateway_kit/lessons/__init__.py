"""The lessons' graders, hints and solutions, and the runner. Internal but `check`, `hint` and `solution`.

These three are imported when first used, so that `gateway-kit lab` need not wait for the graders.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_kit.lessons.api import check, hint, solution

__all__ = ["check", "hint", "solution"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.api"), name)
