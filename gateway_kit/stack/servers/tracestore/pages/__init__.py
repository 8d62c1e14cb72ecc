"""The web page of the trace store: server-rendered, without a script."""

from gateway_kit.stack.servers.tracestore.pages.routes import page_routes

__all__ = ["page_routes"]
