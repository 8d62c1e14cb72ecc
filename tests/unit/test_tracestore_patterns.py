"""Patterns of usage names, and names of files: what is not searched with, and not opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.stack.servers.tracestore.api.models.patterns import fault
from gateway_kit.stack.servers.tracestore.ingest.usage_pattern import UsagePattern
from gateway_kit.stack.servers.tracestore.store.media_files import MediaFiles

# As safe-regex2 5.0.0 judges them, which Langfuse uses.
SAFE = [
    "input",
    "^input",
    "a+b+",
    "(ab)+",
    "(a|b)+",
    "(a+)b+",
    "[a+]+",
    "\\(a+\\)+",
    "(?=a+)b+",
    "a{2,3}",
    "a+?",
    "a??",
    "input|output",
    "^(input|output)_(cached|audio)_tokens?$",
    "(\\d+)-(\\d+)",
    "(?<n>a)b",
    "a{",
    "[)]+",
]
UNSAFE = ["(a+)+", "(a*)*", "((a+)b)+", "(?:a+)+", "(a{2})*", "(x+x+)+y", "(a?)+", "{2}", "(a)(b+)+"]


@pytest.mark.parametrize("pattern", [*SAFE, "a*" * 25])
def test_a_pattern_without_repetitions_in_repetitions_is_searched_with(pattern):
    assert fault(pattern) == ""


@pytest.mark.parametrize("pattern", [*UNSAFE, "a*" * 26, "(", "", "a" * 201])
def test_any_other_is_not(pattern):
    assert fault(pattern)


@pytest.mark.parametrize("media_id", ["../x", "a/b", ".hidden", "", "a\x00", "é"])
def test_only_an_id_names_a_file(tmp_path: Path, media_id):
    with pytest.raises(ValueError, match="no id"):
        MediaFiles(tmp_path).path(media_id)


@pytest.mark.parametrize(("pattern", "name"), [("(?<n>a)b", "xab"), ("^INPUT", "input"), ("a+?b??c", "aac")])
def test_an_accepted_pattern_is_searched_for(pattern, name):
    assert fault(pattern) == ""
    assert UsagePattern(pattern).is_in(name)


def test_the_case_counts_if_the_condition_says_so():
    assert UsagePattern("^input").is_in("INPUT")
    assert not UsagePattern("^input", is_case_sensitive=True).is_in("INPUT")


def test_a_search_without_end_is_stopped_and_its_pattern_said_and_left_out(
    capsys: pytest.CaptureFixture[str],
):
    pattern = UsagePattern("(a|aa)+$")
    assert fault("(a|aa)+$") == ""
    assert pattern.is_in("aaa")
    assert not pattern.is_in("a" * 200 + "!")
    assert "'(a|aa)+$'" in capsys.readouterr().err
    assert not pattern.is_in("aaa")
    assert capsys.readouterr().err == ""
