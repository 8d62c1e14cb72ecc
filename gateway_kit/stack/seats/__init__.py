"""A workshop's seats on this machine: JupyterHub, its proxy, and a stack of its own for each seat."""
