"""Panels that react: each has a static picture for where no widgets can be shown."""

from gateway_kit.widgets.cache_explorer import CacheExplorer, ExplorerModel
from gateway_kit.widgets.live_dashboard import DashboardModel, LiveDashboard
from gateway_kit.widgets.routing_playground import PlaygroundModel, RoutingPlayground
from gateway_kit.widgets.stack_panel import StackModel, StackPanel
from gateway_kit.widgets.threshold import ThresholdModel, ThresholdSlider
from gateway_kit.widgets.trace_explorer import TraceExplorer, TraceExplorerModel
from gateway_kit.widgets.what_if import WhatIfCalculator, WhatIfModel

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
