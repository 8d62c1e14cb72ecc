"""Traffic that may be shared: other texts of the same length and likeness."""
