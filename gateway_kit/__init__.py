"""Learn and try an LLM gateway.

    from gateway_kit import charts, connect

    gateway = connect()
    gateway.ask("What is a gateway?")
    charts.latency_ecdf(gateway.calls.frame())

The names below are the public ones, besides those of the modules `charts`, `load`, `metrics` and `widgets`; all else is
internal. A name is imported when it is first used, so that `import gateway_kit` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from gateway_kit.import_path import check_import_path

check_import_path()

from gateway_kit.errors import (  # noqa: E402  # a file that hides a package is told of before all else
    BudgetExceededError,
    CacheError,
    GatewayError,
    KeyRefusedError,
    KitError,
    ModelNotFoundError,
    ProviderFailedError,
    RateLimitedError,
    RequestRefusedError,
    StackError,
    TracingError,
)

if TYPE_CHECKING:
    from langfuse import observe, propagate_attributes

    from gateway_kit import charts, load, metrics, widgets
    from gateway_kit.gateway.client import Gateway
    from gateway_kit.gateway.connecting import connect
    from gateway_kit.lessons.api import check, hint, solution
    from gateway_kit.tracing.masking import mask_personal_data

__all__ = [
    "BudgetExceededError",
    "CacheError",
    "Gateway",
    "GatewayError",
    "KeyRefusedError",
    "KitError",
    "ModelNotFoundError",
    "ProviderFailedError",
    "RateLimitedError",
    "RequestRefusedError",
    "StackError",
    "TracingError",
    "charts",
    "check",
    "connect",
    "hint",
    "load",
    "mask_personal_data",
    "metrics",
    "observe",
    "propagate_attributes",
    "solution",
    "widgets",
]

# Where each name comes from that is imported when first used.
_HOMES = {
    "Gateway": "gateway_kit.gateway.client",
    "connect": "gateway_kit.gateway.connecting",
    "check": "gateway_kit.lessons.api",
    "hint": "gateway_kit.lessons.api",
    "mask_personal_data": "gateway_kit.tracing.masking",
    "observe": "langfuse",
    "propagate_attributes": "langfuse",
    "solution": "gateway_kit.lessons.api",
}
_MODULES = ("charts", "load", "metrics", "widgets")

if not TYPE_CHECKING:  # a type checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f"gateway_kit.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module 'gateway_kit' has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
