"""A configuration, translated and ready to be rehearsed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from gateway_kit.rehearsal.model_names import aliases_of, known_names
from gateway_kit.rehearsal.run_folder import Deployment, Replaced
from gateway_kit.rehearsal.warm_up import with_warm_up

if TYPE_CHECKING:
    from gateway_kit.stack.rehearsing.own_stack import Configuration


@dataclass(frozen=True)
class Configured:
    """One configuration of a rehearsal.

    name         of its run
    path         the user's file
    digest       of the file's content
    to_start     what the gateway reads
    warm_up      names of models for calls that nobody measures
    model_names  names and patterns that it answers to
    aliases      the model name that each alias stands for
    """

    name: str
    path: Path
    digest: str
    to_start: Configuration = field(repr=False)
    warm_up: Sequence[str]
    model_names: set[str]
    aliases: Mapping[str, str]
    deployments: Sequence[Deployment]
    replaced: Sequence[Replaced]
    notes: Sequence[str]


def read_configuration(
    name: str,
    path: Path,
    environ: Mapping[str, str],
    *,
    simulator_url: str,
    as_openai: bool,
    speed: float | None,
) -> Configured:
    """The user's file, led to the simulator. Raises ConfigError with the check's verdict, or StackError."""
    from gateway_kit.stack.rehearsing.own_stack import Configuration
    from gateway_kit.stack.rehearsing.translation import translate

    translated = translate(path, environ, simulator_url=simulator_url, as_openai=as_openai, speed=speed)
    text, warm_up = with_warm_up(translated.text)
    config = yaml.safe_load(translated.text)
    return Configured(
        name=name,
        path=path,
        digest=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        to_start=Configuration(text, translated.folder_files, translated.env, translated.needs_embeddings),
        warm_up=warm_up,
        model_names=known_names(config),
        aliases=aliases_of(config),
        deployments=[
            Deployment(one.label, one.model_name, one.provider, one.dialect, one.model, one.line, one.id)
            for one in translated.deployments
        ],
        replaced=[
            Replaced(one.what, one.place, one.setting, one.was, one.now, one.why)
            for one in translated.replaced
        ],
        notes=[*translated.notes, *translated.warnings],
    )
