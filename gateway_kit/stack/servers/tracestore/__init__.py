"""A trace store with the part of Langfuse 4's public API that a new deployment offers.

    python -m gateway_kit.stack.servers.tracestore --port 3001

A stand-alone program that imports nothing else of the kit. Traces are stored in PostgreSQL; see `store/schema.py`.
"""
