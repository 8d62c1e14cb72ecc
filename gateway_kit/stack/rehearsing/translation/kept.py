"""What stays as it is, in the list of changes: every setting that nothing else was said about."""

from __future__ import annotations

from gateway_kit.stack.rehearsing.translation.draft import Draft
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
    for file in draft.source.included:
        name = draft.source.name(str(file))
        draft.say("kept", ("include",), "merged into one configuration", was=name, now=name)


def _say(draft: Draft, way: Way, said: set[Way]) -> None:
    value = draft.get(*way)
    if way in said or not draft.is_of_file(way):
        return
    if any(each[: len(way)] == way for each in said):
        # Something in it was changed: say so of its other parts, one by one.
        for key in draft.keys(*way):
            _say(draft, (*way, key), said)
        return
    draft.say("kept", way, "as in the file", now=told(way[-1], value))
