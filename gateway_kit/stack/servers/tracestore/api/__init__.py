"""Langfuse's public API over HTTP, except metrics."""
