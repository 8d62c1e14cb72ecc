"""Scores: of traces, observations, sessions and experiments."""
