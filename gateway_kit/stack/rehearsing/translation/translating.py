"""Translate a configuration: check it, lead it to the simulator, replace what belongs to production, write it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from gateway_kit.stack.rehearsing.translation.cache import translate_cache
from gateway_kit.stack.rehearsing.translation.callbacks import translate_callbacks
from gateway_kit.stack.rehearsing.translation.checking import Place, check_for_rehearsal
from gateway_kit.stack.rehearsing.translation.deployments import lead_to_simulator
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.files import files_beside, name_data_files
from gateway_kit.stack.rehearsing.translation.general import translate_general
from gateway_kit.stack.rehearsing.translation.guardrails import translate_guardrails
from gateway_kit.stack.rehearsing.translation.kept import say_what_is_kept
from gateway_kit.stack.rehearsing.translation.redis import translate_router_redis
from gateway_kit.stack.rehearsing.translation.result import Change, Translation
from gateway_kit.stack.rehearsing.translation.secret_sweep import sweep_secrets
from gateway_kit.stack.rehearsing.translation.sections import translate_sections
from gateway_kit.stack.rehearsing.translation.source import Source, Way, read_source
from gateway_kit.stack.rehearsing.translation.speed import scale
from gateway_kit.stack.rehearsing.translation.variables import translate_variables


def translate(
    path: Path,
    environ: Mapping[str, str],
    *,
    simulator_url: str,
    as_openai: bool = False,
    speed: float | None = 1,
) -> Translation:
    """The configuration at `path` for a gateway that has only the simulator at `simulator_url`.

    `environ` has the variables that the file may refer to; those that are not set are made up. `speed` is how many
    times faster than its log the traffic comes, None for as fast as it goes.

    Raises ConfigError with the check's verdict for a file with mistakes, StackError for providers that the simulator
    does not speak. Nothing is written.
    """
    verdict = check_for_rehearsal(path, environ)
    source = read_source(path)
    draft = Draft(source, environ, verdict.absent_code())
    deployments = lead_to_simulator(draft, simulator_url, as_openai=as_openai)
    translate_general(draft)
    translate_sections(draft)
    translate_callbacks(draft)
    translate_guardrails(draft)
    translate_router_redis(draft)
    semantic = translate_cache(draft)
    scale(draft, speed)
    translate_variables(draft)
    sweep_secrets(draft)
    name_data_files(draft)
    notes = verdict.refuse_rest(_places(source, draft.changes), source.name)
    say_what_is_kept(draft)
    data = draft.finished()
    return Translation(
        text=yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1_000_000),
        folder_files=files_beside(data, path, draft.env),
        env=draft.env,
        deployments=deployments,
        replaced=_in_order(source, draft.changes),
        needs_embeddings=semantic is not None,
        semantic=semantic,
        notes=(*notes, *draft.notes),
        warnings=tuple(f"{source.name(f.file)}:{f.line}: {f.message} {f.fix}" for f in verdict.warnings),
    )


def _places(source: Source, changes: list[tuple[Way, Change]]) -> dict[Place, Way]:
    """Where the settings begin that are no longer in the configuration, with all that is inside them."""
    gone = {way for way, change in changes if way and change.what in ("replaced", "not_rehearsed")}
    places: dict[Place, Way] = {}
    for way, spot in source.spots.items():
        if any(way[:length] in gone for length in range(1, len(way) + 1)):
            places[spot.file, spot.line, spot.column] = way
            places[spot.file, spot.value_line, spot.value_column] = way
    return places


def _in_order(source: Source, changes: list[tuple[Way, Change]]) -> tuple[Change, ...]:
    """The changes in the order of the files' lines, the configuration's own first."""

    def position(change: Change) -> tuple[bool, str, int]:
        file, _, line = change.place.rpartition(":")
        return (file != source.path.name, file, int(line or 0))

    return tuple(sorted((change for _, change in changes), key=position))
