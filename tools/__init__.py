"""Scripts around the kit; `python -m tools.bench` and `python -m tools.images` from this folder's parent."""
