"""The name by which the simulator knows each deployment: readable, unique, of letters, digits, dots and dashes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_LABEL = re.compile(r"[A-Za-z0-9._-]{1,60}\Z")
_LONGEST = 60


@dataclass(frozen=True)
class Named:
    """What a label is made of; `given_id` is the file's `model_info.id`, empty without one."""

    model_name: str
    provider: str
    given_id: str = ""


def make_labels(named: Sequence[Named]) -> list[str]:
    """A label for each deployment: the file's own id where it can be one, else `gpt-4o-azure` or `gpt-4o-azure-2`."""
    taken: set[str] = {each.given_id for each in named if _LABEL.match(each.given_id)}
    stems = [_stem(each) for each in named]
    counts = Counter(stems)
    labels = []
    for each, stem in zip(named, stems, strict=True):
        if _LABEL.match(each.given_id):
            labels.append(each.given_id)
            continue
        number = 1
        label = stem if counts[stem] == 1 else _numbered(stem, number)
        while label in taken:
            number += 1
            label = _numbered(stem, number)
        taken.add(label)
        labels.append(label)
    return labels


def _stem(each: Named) -> str:
    if each.given_id:
        return _plain(each.given_id) or "deployment"
    name = _plain(each.model_name.replace("*", "any")) or "model"
    provider = _plain(each.provider)
    words = re.split(r"[._-]", name.lower())
    known = not provider or all(word in words for word in re.split(r"[._-]", provider.lower()))
    if known:
        return name[:_LONGEST]
    return f"{name[: _LONGEST - len(provider) - 1]}-{provider}"


def _numbered(stem: str, number: int) -> str:
    ending = f"-{number}"
    return stem[: _LONGEST - len(ending)] + ending


def _plain(text: str) -> str:
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._-]+", "-", text)).strip("-")
