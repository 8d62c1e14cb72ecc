"""The price table: names as they are sent, and the map of the installed LiteLLM."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from gateway_kit.stack.servers.tracestore.ingest.prices import LANGFUSE_IDS, PriceTable, model_id

TABLE = PriceTable.from_map(
    {
        "sample_spec": {"input_cost_per_token": 1},
        "gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05},
        "gpt-4o-2024-05-13": {"input_cost_per_token": 5e-06},
        "azure/gpt-4o": {"input_cost_per_token": 3e-06},
        "claude-sonnet-4-5": {
            "input_cost_per_token": 3e-06,
            "cache_read_input_token_cost": 3e-07,
            "cache_creation_input_token_cost": 3.75e-06,
        },
        "image": {"output_cost_per_image": 1.0},
        "odd": {"input_cost_per_token": "free"},
    }
)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("gpt-4o", "gpt-4o"),
        ("GPT-4o", "gpt-4o"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("azure/gpt-4o", "azure/gpt-4o"),
        ("openrouter/openai/gpt-4o-0513", "gpt-4o"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("bedrock/claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("gpt-4o-large", None),
        ("gpt", None),
        ("image", None),
        ("sample_spec", None),
        ("odd", None),
        ("", None),
        ("/", None),
    ],
)
def test_a_model_is_found_by_the_names_that_clients_send(sent, name):
    price = TABLE.find(sent)
    assert (price.name if price else None) == name


def test_each_kind_of_token_has_its_price():
    price = TABLE.find("claude-sonnet-4-5")
    assert price is not None
    of = price.of_usage
    assert of("input") == Decimal("0.000003")
    assert of("cache_read_input_tokens") == of("input_cached_tokens") == Decimal("3E-7")
    assert of("input_cache_creation") == of("cache_creation_input_tokens") == Decimal("0.00000375")
    assert of("output") is None
    assert of("total") is None


def test_the_table_is_in_the_order_of_names_and_its_ids_are_stable():
    names = [price.name for price in TABLE]
    assert names == sorted(names)
    assert len(names) == len(TABLE) == 4
    assert TABLE.find("azure/gpt-4o").id == model_id("azure/gpt-4o") == "m5a4a113ed310aa9c9c990f86"
    assert TABLE.by_id(model_id("gpt-4o")).name == "gpt-4o"
    assert TABLE.by_id("nothing") is None


def test_a_model_that_langfuse_ships_has_its_id():
    # As a real Langfuse 4.16.0 answered them.
    assert model_id("gpt-4o-mini") == "clyrjp56f0000t0mzapoocd7u"
    assert model_id("babbage-002") == "clrs2dnql000108l46vo0gp2t"
    assert len(set(LANGFUSE_IDS.values())) == len(LANGFUSE_IDS)
    table = PriceTable.load()
    identifiers = [price.id for price in table]
    assert len(set(identifiers)) == len(identifiers)
    assert [name for name in LANGFUSE_IDS if table.by_id(LANGFUSE_IDS[name]) is None] == []


def test_the_cache_of_looked_up_names_is_bounded():
    table = PriceTable.from_map({"m": {"input_cost_per_token": 1e-6}})
    for number in range(5000):
        table.find(f"unknown-{number}")
    assert len(table._known) <= 2000
    assert table.find("m") is not None


def test_the_installed_map_is_read_without_importing_litellm():
    code = (
        "import sys; from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable; t = PriceTable.load(); "
        "print(len(t) > 1000, str(t.find('gpt-4o-mini').input), 'litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1.5E-7", "False"]
