"""`python -m gateway_kit.stack.servers.load_generator`."""

from gateway_kit.stack.servers.load_generator.program import main

if __name__ == "__main__":
    raise SystemExit(main())
