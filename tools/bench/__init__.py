"""Measurements of the kit: `make bench`, or `python -m tools.bench PART …` in this folder."""
