"""Interactive panels, each with a static form for pages that cannot show widgets.

A panel is imported when it is first named, so that the process that draws the live dashboard imports no client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_kit.widgets.cache_explorer import CacheExplorer
    from gateway_kit.widgets.dashboard.panel import LiveDashboard
    from gateway_kit.widgets.pair_labels import PairLabels
    from gateway_kit.widgets.rehearsal_panel import RehearsalPanel
    from gateway_kit.widgets.routing_playground import RoutingPlayground
    from gateway_kit.widgets.stack_panel import StackPanel
    from gateway_kit.widgets.threshold import ThresholdSlider
    from gateway_kit.widgets.trace_explorer import TraceExplorer
    from gateway_kit.widgets.what_if import WhatIfCalculator
    from gateway_kit.widgets.workshop_board import WorkshopBoard

_MODULES = {
    "CacheExplorer": "cache_explorer",
    "LiveDashboard": "dashboard.panel",
    "PairLabels": "pair_labels",
    "RehearsalPanel": "rehearsal_panel",
    "RoutingPlayground": "routing_playground",
    "StackPanel": "stack_panel",
    "ThresholdSlider": "threshold",
    "TraceExplorer": "trace_explorer",
    "WhatIfCalculator": "what_if",
    "WorkshopBoard": "workshop_board",
}

__all__ = [
    "CacheExplorer",
    "LiveDashboard",
    "PairLabels",
    "RehearsalPanel",
    "RoutingPlayground",
    "StackPanel",
    "ThresholdSlider",
    "TraceExplorer",
    "WhatIfCalculator",
    "WorkshopBoard",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
