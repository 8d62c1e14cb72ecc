"""`python -m gateway_kit.stack.servers.load_generator`, or with `--replay` as its first argument a replay."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["--replay"]:
        # Without Locust, whose import takes a second and patches the standard library.
        from gateway_kit.stack.servers.load_generator.replay_program import main
    else:
        from gateway_kit.stack.servers.load_generator.program import main
    raise SystemExit(main())
