"""Experiments and their items, which spans make by their attributes."""
