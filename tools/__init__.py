"""Development scripts. Run `python -m tools.bench` and `python -m tools.images` from the repository's root."""
