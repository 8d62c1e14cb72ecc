"""Pictures of a record of calls that grows, drawn outside of the process that makes the calls."""

from gateway_kit.live.child import Child
from gateway_kit.live.painter import DashboardPainter, DashboardWish, Painted
from gateway_kit.live.store import CallStore

__all__ = ["CallStore", "Child", "DashboardPainter", "DashboardWish", "Painted"]
