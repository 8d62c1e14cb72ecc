"""Benchmarks: `make bench`, or `python -m tools.bench PART …` from the repository's root."""
