"""LiteLLM's proxy as a program: `python -m gateway_kit.stack.servers.gateway`."""
