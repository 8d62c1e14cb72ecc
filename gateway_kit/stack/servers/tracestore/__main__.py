"""`python -m gateway_kit.stack.servers.tracestore`."""

from gateway_kit.stack.servers.tracestore.program import main

if __name__ == "__main__":
    raise SystemExit(main())
