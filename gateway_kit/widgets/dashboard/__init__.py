"""Pictures of a record of calls that grows, drawn outside of the process that makes the calls."""

from gateway_kit.widgets.dashboard.child import Child
from gateway_kit.widgets.dashboard.painter import DashboardPainter, DashboardWish, Painted
from gateway_kit.widgets.dashboard.store import CallStore

__all__ = ["CallStore", "Child", "DashboardPainter", "DashboardWish", "Painted"]
