"""LLM connections: which providers Langfuse itself may call. The store keeps them and calls none."""
