"""Observations: spans as they arrive, and pages of them."""
