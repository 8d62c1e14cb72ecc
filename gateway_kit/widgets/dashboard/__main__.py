"""The program of a `Child`: `python -m gateway_kit.widgets.dashboard MODULE:FACTORY`."""

import sys

from gateway_kit.widgets.dashboard.child import serve

if __name__ == "__main__":
    serve(sys.argv[1])
