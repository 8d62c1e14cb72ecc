"""Langfuse's public API over HTTP, but for metrics."""
