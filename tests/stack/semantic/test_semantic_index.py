"""The search index of a semantic cache: dropped, made again, for vectors of another length, and its embeddings."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import httpx
import pytest
import redis

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.errors import CacheError, CacheUnreachableError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.semantic import SemanticGateway, semantic_gateway
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings, render_semantic
from gateway_kit.stack.services.effective_config import config_environment
from gateway_kit.stack.stack import Stack
from tests.stack.semantic.conftest import Own, configured_gateway, eventually

PROMPT, CLOSE = "How do I reset my password?", "How can I reset my password?"


@pytest.fixture
def index(own: Own, unique: str) -> Iterator[SemanticIndex]:
    """A test's own index, not yet made."""
    made = SemanticIndex(own.redis_url, f"test-{unique}")
    yield made
    made.drop()
    made.close()


def is_hit(gateway: Gateway, namespace: str, question: str = CLOSE) -> bool:
    """Whether the cache answers a question; the answer to a miss is not kept."""
    controls = Cache.controls(namespace=namespace, no_store=True)
    return gateway.ask(question, max_tokens=1, **controls).call.cache_hit


def keep(gateway: Gateway, namespace: str) -> None:
    gateway.ask(PROMPT, max_tokens=1, **Cache.controls(namespace=namespace))


def test_after_a_flush_nothing_hits_until_the_index_is_made_again(
    here: Own, semantic: SemanticGateway, raw: redis.Redis, unique: str
):
    keep(semantic, unique)
    eventually(lambda: is_hit(semantic, unique))
    before = raw.execute_command("FT.INFO", semantic.index)
    begin = semantic.log_path.stat().st_size

    raw.flushall()
    assert not semantic.cache.index.exists()
    assert (semantic.cache.index.entries(), semantic.cache.index.dimensions()) == (0, None)
    keep(semantic, unique)
    eventually(lambda: len(semantic.cache.entries()) == 1)  # it is stored, and not found
    assert not is_hit(semantic, unique)
    with pytest.raises(CacheError, match=r"There is no index .*gateway\.cache\.index\.create, or restart"):
        semantic.cache.index.wait_for_entries(1, timeout_s=0.2)
    with open(semantic.log_path) as log:
        log.seek(begin)
        assert "index" not in log.read()  # LiteLLM says nothing

    semantic.cache.index.create(384)
    eventually(lambda: is_hit(semantic, unique))
    after = raw.execute_command("FT.INFO", semantic.index)
    for fact in ("index_name", "index_options", "index_definition", "attributes"):
        assert after[fact] == before[fact], fact


def test_a_restarted_gateway_makes_the_index_itself(here: Own, semantic: SemanticGateway, unique: str):
    keep(semantic, unique)
    eventually(lambda: is_hit(semantic, unique))
    assert semantic.cache.index.drop()
    assert not semantic.cache.index.drop()
    assert semantic.cache.entries().empty  # its answers are gone with it
    # The kit would end the shared one to start another on its index.
    with configured_gateway(here, redis_semantic_cache_index_name=semantic.index) as gateway:
        keep(gateway, unique)
        semantic.cache.index.wait_for_entries(1)
        assert is_hit(gateway, unique)


def test_vectors_of_another_length_go_into_an_isolated_index(
    here: Own, semantic: SemanticGateway, unique: str
):
    semantic.cache.delete_all()
    controls = {"max_tokens": 1, **Cache.controls(namespace=unique, ttl_s=600)}
    semantic.ask(PROMPT, **controls)
    semantic.cache.index.wait_for_entries(1)
    assert semantic.cache.index.dimensions() == 384
    isolated = SemanticIndex(here.redis_url, f"{semantic.index}_isolated")
    try:
        with semantic_gateway(index=semantic.index, embedding_model="text-embedding-3-small") as gateway:
            assert not gateway.ask(CLOSE, **controls).call.cache_hit
            isolated.wait_for_entries(1)
            assert gateway.ask(PROMPT, **controls).call.cache_hit
            assert gateway.cache.index.dimensions() == 384
            assert gateway.cache.index.entries() == 1  # still only the first one's
    finally:
        assert isolated.dimensions() == 1536
        isolated.drop()
        isolated.close()


def test_each_embedding_model_has_an_index_of_its_own_and_a_lookup_costs_an_embedding(here: Own):
    """Counted at the provider: one for the length, one for each lookup, one more for each answer that is kept."""
    with (
        semantic_gateway(embedding_model="text-embedding-3-small") as gateway,
        Providers(here.env()["PROVIDERS_URL"]) as providers,
    ):
        assert gateway.index == "kit-text-embedding-3-small"

        def embedded() -> int:
            return len(providers.journal(deployment="semantic-embed"))

        counts = [embedded()]
        for question, kept in ((PROMPT, 1), (CLOSE, 1), ("What is Redis?", 2)):
            gateway.ask(question, max_tokens=1)
            gateway.cache.index.wait_for_entries(kept)
            counts.append(embedded())
        assert [after - before for before, after in pairwise(counts)] == [3, 1, 2]
        assert gateway.cache.index.dimensions() == 1536
        gateway.cache.index.drop()


def test_a_question_for_the_local_model_is_embedded_once_whether_its_answer_is_kept_or_not(
    own: Own, unique: str
):
    """Counted before the model: one for the length, one for each question."""
    stack = Stack(own.cli.env)
    known = config_environment(stack.settings(stack.record()), stack.endpoints(stack.record()))
    with counted(str(own.rows()["embeddings"]["url"])) as (url, texts):
        config = render_semantic(
            {**stack.environ, **known, "EMBEDDINGS_URL": url}, SemanticCacheSettings(index=unique)
        )
        with (
            configured_gateway(own, config.text) as gateway,
            closing(SemanticIndex(own.redis_url, unique)) as kept,
        ):
            seen = []
            for question, entries in ((PROMPT, 1), (CLOSE, 1), ("What is Redis?", 2)):
                seen.append((gateway.ask(question, max_tokens=1).call.cache_hit, len(texts)))
                kept.wait_for_entries(entries)
            assert seen == [(False, 2), (True, 3), (False, 4)]
            questions = [text for text in texts if text != ["dimension test"]]
            assert questions == [PROMPT, CLOSE, "What is Redis?"]
            kept.drop()


@contextmanager
def counted(embeddings_url: str) -> Iterator[tuple[str, list[str]]]:
    """An address that leads to the embedding model, and the texts that were sent there."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            texts.append(json.loads(body)["input"])
            answer = httpx.post(f"{embeddings_url}/embeddings", content=body, trust_env=False)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1", texts
        server.shutdown()


@pytest.mark.parametrize("dimensions", [0, -1, 32769, 3.5, "384", True, None])
def test_an_index_with_invalid_dimensions_is_refused(index: SemanticIndex, dimensions: object):
    with pytest.raises(CacheError, match="whole number from 1 to 32768"):
        index.create(dimensions)  # type: ignore[arg-type]
    assert not index.exists()


def test_an_existing_index_is_not_made_again(index: SemanticIndex):
    index.create(3)
    with pytest.raises(CacheError, match=r"refused.*gateway-kit doctor"):
        index.create(3)
    assert (index.dimensions(), index.entries(), index.wait_for_entries(0)) == (3, 0, 0)


def test_without_redis_or_with_a_wrong_password_the_error_names_the_next_command(own: Own):
    address = own.redis_url.split("@")[-1]
    for url, words in (
        ("redis://127.0.0.1:1/0", "gateway-kit up"),
        (f"redis://:wrong-secret@{address}", "gateway-kit env"),
    ):
        index = SemanticIndex(url, uuid.uuid4().hex)
        with pytest.raises(CacheUnreachableError, match=words) as caught:
            index.exists()
        assert "wrong-secret" not in str(caught.value) + repr(index)
        index.close()
