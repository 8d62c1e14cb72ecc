"""The web pages of the trace store: rendered on the server, without scripts."""
