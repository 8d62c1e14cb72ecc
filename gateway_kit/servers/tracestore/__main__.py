"""`python -m gateway_kit.servers.tracestore`."""

from gateway_kit.servers.tracestore.program import main

if __name__ == "__main__":
    raise SystemExit(main())
