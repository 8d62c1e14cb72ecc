"""The web page of the trace store: rendered on the server, without a script."""
