"""What stays as it is, in the list of changes: every setting that nothing else was said about."""

from __future__ import annotations

from gateway_kit.stack.rehearsing.translation.draft import Draft, without_gone
from gateway_kit.stack.rehearsing.translation.result import Change
from gateway_kit.stack.rehearsing.translation.secrets import told
from gateway_kit.stack.rehearsing.translation.source import Way

_IN_SETTINGS = ("litellm_settings", "router_settings", "general_settings")


def say_what_is_kept(draft: Draft) -> None:
    """Add a line for each setting of the file that is in the translated configuration unchanged."""
    said = {way for way, _ in draft.changes}
    for section in list(draft.data):
        if section == "model_list":
            continue
        ways: list[Way] = [(section,)]
        if section in _IN_SETTINGS:
            ways = [(section, key) for key in draft.keys(section)]
        for way in ways:
            _say(draft, way, said)
    for name, place in draft.source.includes:
        draft.add(Change("kept", place, "include", name, name, "merged into one configuration"))


def _say(draft: Draft, way: Way, said: set[Way]) -> None:
    value = draft.get(*way)
    if way in said or not draft.is_of_file(way):
        return
    if any(each[: len(way)] == way for each in said):
        # Something in it was changed: say so of its other parts, one by one.
        inner = [number for number, _ in draft.items(*way)] if isinstance(value, list) else draft.keys(*way)
        for key in inner:
            _say(draft, (*way, key), said)
        return
    draft.say("kept", way, "as in the file", now=told(way[-1], without_gone(value)))
