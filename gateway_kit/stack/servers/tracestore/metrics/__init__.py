"""GET v2/metrics: the query, the views it can name, and the statement that answers it."""
