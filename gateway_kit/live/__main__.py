"""The program of a `Child`: `python -m gateway_kit.live MODULE:FACTORY`."""

import sys

from gateway_kit.live.child import serve

if __name__ == "__main__":
    serve(sys.argv[1])
