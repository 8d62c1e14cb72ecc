"""LiteLLM by HTTP: its address and keys, models, router, spend, errors, and what its answers tell. Internal."""
