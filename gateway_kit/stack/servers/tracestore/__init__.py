"""A trace store that speaks the part of Langfuse 4's public API which a new deployment has.

    python -m gateway_kit.stack.servers.tracestore --port 3001

A program of its own that imports nothing of the kit but itself. Traces live in PostgreSQL; see `schema`.
"""
