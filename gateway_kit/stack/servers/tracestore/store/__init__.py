"""The tables in PostgreSQL: schema, rows, writing, reading, retention. Imports no other room of the trace store."""
