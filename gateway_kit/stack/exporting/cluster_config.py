"""LiteLLM's configuration for a cluster: with the settings that depend on how many pods there may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from gateway_kit.errors import StackError
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.production_settings import pool_size
from gateway_kit.stack.exporting.yaml_text import yaml_text

# Database connections for people, migrations and monitoring.
KEPT_FREE = 10
# LiteLLM's advice: from so many workers on, one of them writes the spend of all.
_BUFFER_FROM = 10
# Kubernetes keeps objects of up to 1 MiB; the rest is for the object around the files.
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Size:
    """How many pods there are at least and at most, and how each uses the database."""

    least: int
    most: int
    workers: int
    pool: int
    others: int = 0  # pods of the gateway with the semantic cache

    @classmethod
    def of(cls, config: ProductionConfig) -> Size:
        """At least two, so that one may fail; twice as many at most. One more starts while another is replaced."""
        least = max(2, config.replicas)
        most, others = 2 * least, 2 if config.semantic else 0
        pool = min(config.pool, pool_size(most + 1 + others, config.workers))
        return cls(least, most, config.workers, pool, others)

    @property
    def connections(self) -> int:
        """Database connections of all pods while one more of each gateway is started."""
        return (self.most + 1 + self.others) * self.workers * self.pool

    @property
    def arithmetic(self) -> str:
        """The same as a sum for a comment."""
        others = f" + {self.others} of the semantic gateway" if self.others else ""
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        return (
            f"({self.most} pods + 1 while one is replaced{others}) x {workers} x {self.pool} connections = "
            f"{self.connections}; max_connections of PostgreSQL, 100 by default, has to be "
            f"{self.connections + KEPT_FREE} or more"
        )


def cluster_config(text: str, size: Size) -> str:
    """The configuration's text with what a cluster needs besides; comments stay."""
    settings: dict[str, tuple[Any, str]] = {
        "database_connection_pool_limit": (size.pool, size.arithmetic),
        "enable_drain_endpoint": (True, "before a pod ends, /health/drain waits for its calls"),
    }
    if size.most * size.workers >= _BUFFER_FROM:
        settings["use_redis_transaction_buffer"] = (True, "one gateway writes the spend of all")
    return with_general_settings(text, settings)


def with_general_settings(text: str, settings: Mapping[str, tuple[Any, str]]) -> str:
    """Set keys of `general_settings`, each with a comment, and leave every other line as it is."""
    wanted = yaml.safe_load(text)
    general = {
        **(wanted.get("general_settings") or {}),
        **{key: value for key, (value, _) in settings.items()},
    }
    lines = {key: f"  {yaml_text({key: value}).strip()}  # {why}" for key, (value, why) in settings.items()}
    made: list[str] = []
    section = ""
    for line in text.splitlines():
        if line and line[0] not in " #-":
            section = line.partition(":")[0]
        key = re.match(r"  ([\w-]+):", line)
        if section == "general_settings" and key and key.group(1) in lines:
            made.append(lines.pop(key.group(1)))
            continue
        made.append("general_settings:" if line.startswith("general_settings:") else line)
    start = made.index("general_settings:") if "general_settings:" in made else -1
    if start < 0:
        made += ["", "general_settings:"]
        start = len(made) - 1
    made[start + 1 : start + 1] = lines.values()
    result = "\n".join(made) + "\n"
    if yaml.safe_load(result) != {**wanted, "general_settings": general}:
        raise ValueError("general_settings cannot be edited line by line")
    return result


def modules_data(files: Mapping[str, str]) -> dict[str, str]:
    """A ConfigMap's data with the modules; a folder's name becomes a part of the key."""
    total = sum(len(content.encode()) for content in files.values())
    if total > _LARGEST:
        raise StackError(
            f"The modules of the configuration have {total:,} bytes; a ConfigMap takes {_LARGEST:,}. Build an image "
            "with them, or leave some out of the configuration"
        )
    return {config_map_key(name): content for name, content in files.items()}


def config_map_key(name: str) -> str:
    """`guards/words.py` → `guards..words.py`: a key has no slash."""
    return name.replace("/", "..")
