"""Panels that react: each has a static picture for where no widgets can be shown.

Each is imported when it is first named, so that the process that draws the live dashboard imports no client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_kit.widgets.cache_explorer import CacheExplorer, ExplorerModel
    from gateway_kit.widgets.live_dashboard import DashboardModel, LiveDashboard
    from gateway_kit.widgets.routing_playground import PlaygroundModel, RoutingPlayground
    from gateway_kit.widgets.stack_panel import StackModel, StackPanel
    from gateway_kit.widgets.threshold import ThresholdModel, ThresholdSlider
    from gateway_kit.widgets.trace_explorer import TraceExplorer, TraceExplorerModel
    from gateway_kit.widgets.what_if import WhatIfCalculator, WhatIfModel

_MODULES = {
    "CacheExplorer": "cache_explorer",
    "DashboardModel": "live_dashboard",
    "ExplorerModel": "cache_explorer",
    "LiveDashboard": "live_dashboard",
    "PlaygroundModel": "routing_playground",
    "RoutingPlayground": "routing_playground",
    "StackModel": "stack_panel",
    "StackPanel": "stack_panel",
    "ThresholdModel": "threshold",
    "ThresholdSlider": "threshold",
    "TraceExplorer": "trace_explorer",
    "TraceExplorerModel": "trace_explorer",
    "WhatIfCalculator": "what_if",
    "WhatIfModel": "what_if",
}

__all__ = [
    "CacheExplorer",
    "DashboardModel",
    "ExplorerModel",
    "LiveDashboard",
    "PlaygroundModel",
    "RoutingPlayground",
    "StackModel",
    "StackPanel",
    "ThresholdModel",
    "ThresholdSlider",
    "TraceExplorer",
    "TraceExplorerModel",
    "WhatIfCalculator",
    "WhatIfModel",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
