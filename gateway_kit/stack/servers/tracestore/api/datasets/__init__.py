"""Datasets, their items with all versions, and the items of runs."""
