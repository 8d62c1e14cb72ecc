"""The child process: `python -m gateway_kit.widgets.dashboard MODULE:FACTORY DESCRIPTOR`."""

import sys

from gateway_kit.widgets.dashboard.process import serve

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
