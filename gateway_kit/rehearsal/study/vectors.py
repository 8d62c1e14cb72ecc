"""Each distinct text's vector: embedded in batches, and kept on disk, so that no text is embedded twice."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import KitError, StackError
from gateway_kit.rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The model name of the kit's configurations that the kit's own embedding server stands behind.
LOCAL_MODEL = "local-embed"
BATCH_TEXTS = 64
_DIGEST_BYTES = 16


class Embeds(Protocol):
    """Texts in, one vector a text out."""

    def __call__(self, texts: Sequence[str]) -> NDArray[Any]:
        """An array of shape (number of texts, dimensions)."""


class Vectors:
    """Vectors of length 1, kept in two files for each model: the digests of the texts, and their vectors.

    The texts themselves are not kept. `add` embeds when a batch is full, `finish` the rest.
    """

    def __init__(self, folder: Path, model: str, embed: Embeds, on_embedded: Callable[[int], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", model)[:100]
        self._digests, self._vectors = folder / f"{name}.digests", folder / f"{name}.vectors"
        self._embed, self._on_embedded = embed, on_embedded
        self._waiting: dict[bytes, str] = {}
        self._dimensions = 0
        self._at = self._read()

    def add(self, digest: bytes, text: str) -> None:
        """Embed this text, now or with the next ones, unless its vector is known."""
        if digest not in self._at and digest not in self._waiting:
            self._waiting[digest] = text
            if len(self._waiting) >= BATCH_TEXTS:
                self.finish()

    def finish(self) -> None:
        """Embed the texts that wait."""
        if not self._waiting:
            return
        vectors = np.asarray(self._embed(list(self._waiting.values())), dtype="float32")
        if vectors.ndim != 2 or len(vectors) != len(self._waiting) or not np.isfinite(vectors).all():
            raise RehearsalError(
                f"The embedding model answered {vectors.shape} numbers for {len(self._waiting)} texts. "
                "A study needs one vector of numbers for each text"
            )
        if self._dimensions not in (0, vectors.shape[1]):
            raise RehearsalError(
                f"The embedding model's vectors have {vectors.shape[1]} numbers, and those of {self._vectors} have "
                f"{self._dimensions}: it is another model by now. Remove that file: rm {self._vectors}"
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._append(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
        self._on_embedded(len(self._waiting))
        self._waiting.clear()

    def of(self, digests: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors of these texts, a row each."""
        stored = np.memmap(self._vectors, "float32", "r", offset=4, shape=(len(self._at), self._dimensions))
        return np.ascontiguousarray(stored[[self._at[digest] for digest in digests]])

    def _append(self, vectors: NDArray[np.float32]) -> None:
        # The digests last: a run that is broken off leaves no digest without a vector.
        if not self._dimensions:
            self._dimensions = vectors.shape[1]
            self._write(self._vectors, np.array([self._dimensions], "uint32").tobytes())
        self._write(self._vectors, vectors.tobytes())
        self._write(self._digests, b"".join(self._waiting))
        for digest in self._waiting:
            self._at[digest] = len(self._at)

    def _read(self) -> dict[bytes, int]:
        """Digest → row, of what earlier runs left; what lies beyond in either file is cut off."""
        digests = self._digests.read_bytes() if self._digests.exists() else b""
        size = self._vectors.stat().st_size if self._vectors.exists() else 0
        if size < 4 or not digests:
            self._digests.unlink(missing_ok=True)
            self._vectors.unlink(missing_ok=True)
            return {}
        with self._vectors.open("rb") as file:
            self._dimensions = int.from_bytes(file.read(4), "little")
        row_bytes = 4 * max(self._dimensions, 1)
        rows = min(len(digests) // _DIGEST_BYTES, (size - 4) // row_bytes)
        os.truncate(self._digests, rows * _DIGEST_BYTES)
        os.truncate(self._vectors, 4 + rows * row_bytes)
        return {digests[16 * row : 16 * row + 16]: row for row in range(rows)}

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        with open(descriptor, "ab") as file:
            file.write(content)


def embedding_model(name: str = LOCAL_MODEL, environ: Mapping[str, str] | None = None) -> Embeds:
    """What embeds: the server that EMBEDDINGS_URL names, the local stack's, or a model of the gateway by its name.

    Raises RehearsalError, with the command that helps, if there is none.
    """
    import openai

    from gateway_kit.gateway.embeddings import embed

    env = os.environ if environ is None else environ
    url = env.get("EMBEDDINGS_URL", "").strip() or _of_the_local_stack(env)
    if name != LOCAL_MODEL or not url:
        return _through_the_gateway(name, env)
    client = openai.OpenAI(base_url=url, api_key="none", max_retries=4)
    try:
        served = client.with_options(max_retries=0).models.list().data[0].id
    except (openai.APIError, IndexError) as exc:
        raise RehearsalError(
            f"The embedding model at {url.split('@')[-1]} does not answer: {exc}. Start it with: gateway-kit up, or "
            "name another one in the variable EMBEDDINGS_URL"
        ) from exc
    return lambda texts: embed(client, url, texts, served, {})


def _of_the_local_stack(env: Mapping[str, str]) -> str:
    try:
        return read_local_stack(env).variables.get("EMBEDDINGS_URL", "")
    except StackError:
        return ""


def _through_the_gateway(name: str, env: Mapping[str, str]) -> Embeds:
    from gateway_kit.gateway.connecting import connect

    try:
        gateway = connect(env.get("GATEWAY_API_KEY"), env.get("GATEWAY_URL"))
    except KitError as exc:
        raise RehearsalError(
            "A study of a semantic cache needs an embedding model: name its API in the variable EMBEDDINGS_URL, or "
            f"start the kit's own. {exc}"
        ) from exc
    return lambda texts: gateway.embed(texts, name)
