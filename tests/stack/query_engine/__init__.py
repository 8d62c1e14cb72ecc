"""Prisma's Python client on the WebAssembly query engine and a real PostgreSQL."""
