"""A `docker` for tests without a daemon: records its calls, and answers as `play.json` in its folder says.

`compose up` starts a small HTTP server that answers as Langfuse does, with the keys, port and project that the
environment file and the compose file on the command line name; `compose down` ends it. No volume is ever removed.
"""

# ruff: noqa: T201  # a program that prints, as docker does

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SERVICES = ("langfuse-web", "langfuse-worker", "postgres", "clickhouse", "redis", "minio")


def option(words: list[str], name: str) -> Path:
    return Path(words[words.index(name) + 1])


def variables(env_file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in env_file.read_text().splitlines() if "=" in line)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def compose(words: list[str], play: dict[str, object]) -> int:
    if words[1:] == ["version"]:
        print(f"Docker Compose version {play['compose']}")
        return 0
    running = FOLDER / "server.pid"
    command = words[words.index("--file") + 2]
    if command == play.get("hangs"):
        signal.pause()
    if command == play.get("fails"):
        print(f"{command} cannot be done")
        return 17
    if command == "up" and not running.exists():
        argv = [
            sys.executable,
            __file__,
            "serve",
            str(option(words, "--env-file")),
            str(option(words, "--file")),
        ]
        server = subprocess.Popen(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        running.write_text(str(server.pid))
        port = int(variables(option(words, "--env-file"))["LANGFUSE_WEB_PORT"])
        while server.poll() is None and not answers(port):  # as --wait does
            time.sleep(0.02)
    if command == "down" and running.exists():
        os.kill(int(running.read_text()), signal.SIGKILL)
        running.unlink()
    if command == "ps" and running.exists():
        ill = play.get("ill")
        for name in SERVICES:
            print(
                json.dumps(
                    {"Service": name, "State": "running", "Health": "unhealthy" if name == ill else "healthy"}
                )
            )
    if command == "logs":
        print("clickhouse-1  | not enough space on the disk")
    return 0


def serve(env_file: Path, compose_file: Path) -> None:
    env = variables(env_file)
    text = compose_file.read_text()
    project = re.search(r"LANGFUSE_INIT_PROJECT_ID: (\S+)", text)
    version = re.search(r"image: langfuse/langfuse:(\S+)", text)
    assert project
    assert version
    keys = f"{env['LANGFUSE_PUBLIC_KEY']}:{env['LANGFUSE_SECRET_KEY']}"
    play = json.loads((FOLDER / "play.json").read_text())

    class Langfuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body: dict[str, object] = {"status": "OK", "version": version[1]}
            status = 200
            if self.path.endswith("/projects"):
                body = {"data": [{"id": project[1]}]}
                right = "Basic " + base64.b64encode(keys.encode()).decode()
                if self.headers["Authorization"] != right or play.get("refuses_keys"):
                    status, body = 401, {"message": "Invalid credentials."}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    ThreadingHTTPServer(("127.0.0.1", int(env["LANGFUSE_WEB_PORT"])), Langfuse).serve_forever()


def main(words: list[str]) -> int:
    if words[0] == "serve":
        serve(Path(words[1]), Path(words[2]))
    with open(FOLDER / "calls.jsonl", "a") as calls:
        calls.write(json.dumps({"argv": words, "env": dict(os.environ)}) + "\n")
    play = json.loads((FOLDER / "play.json").read_text())
    if play.get("daemon") is False and words[1:2] != ["version"]:
        print("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", file=sys.stderr)
        return 1
    if words[0] == "compose":
        if play["compose"] is None:
            print("docker: unknown command: docker compose\n\nRun 'docker --help'", file=sys.stderr)
            return 1
        return compose(words, play)
    if words[0] == "info":
        print(play["memory"])
    if words[:2] == ["volume", "ls"]:
        print("\n".join(play["volumes"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
