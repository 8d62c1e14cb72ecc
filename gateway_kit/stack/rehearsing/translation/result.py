"""What a translation gives: the configuration for the rehearsal, and the list of what differs from the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

What = Literal["replaced", "scaled", "kept", "not_rehearsed"]


@dataclass(frozen=True)
class Change:
    """One setting that was replaced, scaled, kept or cannot be rehearsed.

    `place` is the file's line (`config.yaml:12`), or empty for what the file does not have; `setting` is its path
    (`model_list[0].litellm_params.api_key`); `was` and `now` never hold a secret; `why` is a sentence.
    """

    what: What
    place: str
    setting: str
    was: str
    now: str
    why: str


@dataclass(frozen=True)
class SimulatedDeployment:
    """One deployment, by the label that the simulator knows it by; also its `model_info.id` unless the file has one.

    `provider` is LiteLLM's name, `dialect` the simulator's; `model` as the configuration has it (`azure/gpt-4o`); `id`
    is what LiteLLM calls the deployment.
    """

    label: str
    model_name: str
    provider: str
    dialect: str
    model: str
    line: int
    id: str


@dataclass(frozen=True)
class SemanticCache:
    """The file's semantic cache: its threshold, the seconds that an answer is kept, and its embedding model."""

    threshold: float | None
    ttl_s: float | None
    embedding_model: str


@dataclass(frozen=True)
class Translation:
    """A configuration for the rehearsal's gateway.

    text              LiteLLM's YAML, with included files merged in; without a secret
    folder_files      what has to lie beside it: name within the folder → the user's file, to be copied
    env               variables that it refers to, but for those that the kit's stack gives every gateway
    deployments       in the order of the file
    replaced          what differs from the file, and what does not, in the file's order
    needs_embeddings  its semantic cache needs the kit's embedding server
    semantic          the file's semantic cache; None without one
    notes             sentences for the report
    warnings          what the configuration check warns of, with lines
    """

    text: str = field(repr=False)
    folder_files: Mapping[str, Path]
    env: Mapping[str, str]
    deployments: tuple[SimulatedDeployment, ...]
    replaced: tuple[Change, ...] = field(repr=False)
    needs_embeddings: bool = False
    semantic: SemanticCache | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
