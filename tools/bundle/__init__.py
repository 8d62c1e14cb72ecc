"""Write one archive from which the kit can be set up without a network: `make bundle`.

`python -m tools.bundle` collects what the locks pin (`wheels.py`, `npm.py`) in `out/bundle/` and writes it, with the
repository as committed, into an archive (`archive.py`). `tools/check_bundle.py` and `tools/setup.sh` use what was
unpacked.
"""
