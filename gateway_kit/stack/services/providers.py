"""The simulated cloud providers as a service of the stack."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import version
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.common.private_files import write_private
from gateway_kit.errors import SettingsError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.configuration.litellm_source import folder_of
from gateway_kit.stack.services.programs import NODE_FOLDER, code_digest, node
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service

# Node takes memory as long as there is some. With these it holds about 120 MB under full load in place of 170, as fast.
SMALL_HEAP = ("--max-semi-space-size=4", "--heap-growing-percent=20")
SMALL_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}


def own_providers_url(settings: Settings) -> str:
    """Where the embedded simulator listens."""
    return f"http://{HOST}:{settings.port('providers')}"


def price_list() -> Path | None:
    """LiteLLM's price list, whose models the simulator has; None if LiteLLM is not installed."""
    folder = folder_of("litellm")
    return folder / "model_prices_and_context_window_backup.json" if folder else None


def providers_service(settings: Settings, *, embeddings_url: str, rehearsal: bool = False) -> Service:
    """The simulator: OpenAI, Azure, Anthropic, Bedrock, Vertex, Gemini and Ollama at wire level.

    In a `rehearsal` it answers as the plan in a request's header says, and knows every model. Without an
    `embeddings_url` its embeddings mean nothing.
    """
    program = NODE_FOLDER / "providers.mjs"
    url = own_providers_url(settings)
    given = {
        "PROVIDERS_PORT": str(settings.port("providers")),
        "EMBEDDINGS_URL": embeddings_url,
    }
    if catalog := price_list():
        given["PROVIDERS_CATALOG"] = str(catalog)
    if rehearsal:
        given["PROVIDERS_REHEARSAL"] = "1"
    # A changed file is another simulator, which is started anew.
    files = [program, NODE_FOLDER / "providers"]
    if settings.answers is not None:
        given["PROVIDERS_ANSWERS"] = str(settings.answers)
        files.append(settings.answers)
    return Service(
        name="providers",
        argv=(str(node()), *SMALL_HEAP, str(program)),
        env=minimal_env(**given, **SMALL_MALLOC),
        port=settings.port("providers"),
        url=url,
        log_path=settings.log_path("providers"),
        ready=lambda: http_ok(f"{url}/health"),
        identity=digest(str(program), *given.values(), code_digest(*files)),
        version=version("gateway-kit"),
    )


def check_answers(path: Path) -> None:
    """Raise SettingsError if the simulator would not take the file of answers, with its own sentence."""
    program = NODE_FOLDER / "check_answers.mjs"
    done = subprocess.run(
        [str(node()), str(program), str(path)],
        env=minimal_env(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        why = done.stdout.strip() or done.stderr.strip()
        raise SettingsError(
            "--answers", str(path), f"{why} Without answers of your own: gateway-kit up --answers none"
        )


def service_account(settings: Settings, providers_url: str) -> Path:
    """The Google service account that the simulated Vertex AI accepts: created once, mode 600.

    Google's client signs a token with the account's RSA key before it calls Vertex AI, so there must be a real
    key; it opens nothing but the simulator.
    """
    path = settings.home / "vertex-service-account.json"
    token_uri = f"{providers_url}/oauth/token"
    if _token_uri(path) == token_uri:
        return path
    account = google_account(token_uri, "gateway", new_rsa_key())
    write_private(path, json.dumps(account))
    return path


def google_account(token_uri: str, name: str, pem: str) -> dict[str, str]:
    """A service account; the simulator knows the deployment of one that is called `sim-LABEL`."""
    return {
        "type": "service_account",
        "project_id": "simulated-project",
        "private_key_id": "simulated",
        "private_key": pem,
        "client_email": f"{name}@simulated-project.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }


def new_rsa_key() -> str:
    """A new RSA key, in PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _token_uri(path: Path) -> str | None:
    """Where a kept account asks for tokens; None if there is none, or it is damaged: then a new one is created."""
    try:
        account = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return account.get("token_uri") if isinstance(account, dict) and account.get("private_key") else None
