"""`gateway.tracing`: a client of Langfuse, or of the embedded trace store. Internal.

It uses only what a new Langfuse 4 deployment has, so both return the same tables.
"""
