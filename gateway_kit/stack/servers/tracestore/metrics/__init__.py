"""GET v2/metrics: its query, the views it can ask for, and the statement that answers it."""
