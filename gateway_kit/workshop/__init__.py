"""Workshops: the facilitator's record, seats, their results, the board, cards and certificates. Internal."""
