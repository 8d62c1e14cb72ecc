"""Stories of trouble: what a file says, whom it strikes, and what its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.moments import Moment, read_length, read_moment
from gateway_kit.rehearsal.run_folder import Deployment
from gateway_kit.rehearsal.story import Story, StoryEvent, read_fault, read_story

STORY = """
# The day of the two outages
- at: "00:10"
  provider: azure
  fault: slow
  latency_s: 3
  for: 2m
- at: 10:30
  model: gpt-4o
  fault: rate_limit
  share: 0.5
- at: "00:30"
  service: redis
  gone for: 30s
- at: 25%
  fault: server_error
  count: 20
- at: "01:00:00"
  service: gateway
  restart: true
"""
DEPLOYMENTS = (
    Deployment("gpt-4o-azure", "gpt-4o", "azure", "azure", "azure/eu-gpt-4o", 3),
    Deployment("gpt-4o-openai", "gpt-4o", "openai", "openai", "openai/gpt-4o", 8),
    Deployment("fast-groq", "fast", "groq", "openai", "groq/llama-3", 12),
)


def story_of(tmp_path: Path, text: str) -> Story:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    return read_story(path)


def struck(**whom: str) -> list[str]:
    event = StoryEvent(0, Moment(0.0), fault="slow", **whom)  # type: ignore[arg-type]
    return [deployment.label for deployment in event.struck(DEPLOYMENTS)]


def test_a_storys_events_come_in_the_order_of_time(tmp_path: Path) -> None:
    story = story_of(tmp_path, STORY)
    assert [(event.line, str(event.at), event.describe()) for event in story] == [
        (15, "25%", "every provider: server_error, count=20"),
        (3, "00:10", "azure: slow, latency_s=3, for 02:00"),
        (12, "00:30", "redis: gone for 00:30"),
        (8, "10:30", "gpt-4o: rate_limit, probability=0.5"),
        (18, "1:00:00", "gateway: restarted"),
    ]
    assert story.untimely(3600) == []
    assert story.events[1].as_dict() == {
        "line": 3, "at": "00:10", "lasts": "02:00", "fault": "slow", "provider": "azure",
        "settings": {"latency_s": 3.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("00:10", 10), ("01:02:03", 3723), (630, 630), ("90s", 90), ("2m", 120), ("1.5h", 5400), ("500ms", 0.5)],
)
def test_times(written: object, seconds: float) -> None:
    assert read_moment(written) == Moment(seconds=seconds)
    assert read_length(written) == Moment(seconds=seconds)


@pytest.mark.parametrize("written", ["", "soon", "1:2", "-3s", "120%", "1.2.3s", None, True, [1]])
def test_what_is_no_time(written: object) -> None:
    with pytest.raises(ValueError, match="is no time"):
        read_moment(written)


def test_whom_a_fault_strikes() -> None:
    assert struck() == ["gpt-4o-azure", "gpt-4o-openai", "fast-groq"]
    assert struck(provider="openai") == ["gpt-4o-openai"]  # not Groq, which is simulated in OpenAI's dialect
    assert struck(model="gpt-4o") == ["gpt-4o-azure", "gpt-4o-openai"]
    assert struck(model="llama-3") == ["fast-groq"]
    assert struck(model="gpt-4o", provider="azure") == ["gpt-4o-azure"]
    assert struck(deployment="fast-groq") == ["fast-groq"]


def test_a_provider_has_its_other_names_with_it() -> None:
    deployments = [
        Deployment("chat", "a", "openai", "openai", "openai/gpt-4o", 1),
        Deployment("old", "b", "text-completion-openai", "openai", "text-completion-openai/davinci-002", 2),
        Deployment("pro", "c", "vertex_ai", "vertex", "vertex_ai/gemini-pro", 3),
    ]

    def labels(provider: str) -> list[str]:
        return [
            one.label
            for one in StoryEvent(0, Moment(0.0), fault="slow", provider=provider).struck(deployments)
        ]

    assert labels("openai") == ["chat", "old"]
    assert labels("text-completion-openai") == ["old"]
    assert labels("vertex") == labels("vertex_ai") == ["pro"]


def test_a_fault_that_strikes_nothing_says_who_is_there(tmp_path: Path) -> None:
    story = story_of(
        tmp_path, "- {at: 5s, provider: bedrock, fault: slow}\n- {at: 5s, service: redis, stop: true}\n"
    )
    assert story.unmatched(DEPLOYMENTS) == [
        "story.yaml:1: bedrock: slow: the configuration has no provider `bedrock` (there: azure, groq, openai)"
    ]


def test_an_event_that_would_never_happen_is_told_beforehand(tmp_path: Path) -> None:
    story = story_of(
        tmp_path, "- {at: 25%, fault: slow}\n- {at: 2m, fault: slow}\n- {at: 5%, fault: slow, for: 1m}\n"
    )
    assert story.untimely(120) == []
    assert story.untimely(60) == ["story.yaml:2: `at: 02:00` is after the log's last call, at 01:00"]
    no_times = "the log has no times: write shares of its calls, such as `at: 25%`"
    assert story.untimely(None) == [f"story.yaml:3: {no_times}", f"story.yaml:2: {no_times}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no list of events"),
        ("at: 5s\nfault: slow\n", "has no list of events"),
        ("- at: [\n", "this is no YAML"),
        ("- slow\n", "story.yaml:1: an event has fields"),
        ("- at: 5s\n  fault: slwo\n", "story.yaml:2: `fault: slwo` is not known: did you mean `slow`?"),
        ("- at: soon\n  fault: slow\n", "story.yaml:1: `at: soon` is no time: write a time"),
        ("- at: 5s\n  fault: slow\n  latency: 3\n", "story.yaml:3: `latency` is no field of a fault: did you mean"),
        ("- fault: slow\n  hold_s: 3\n", "story.yaml:2: `hold_s` is for timeout, not for slow"),
        ("- fault: slow\n  share: 0\n", "story.yaml:2: `share: 0` has to be a share above 0 and at most 1"),
        ("- fault: slow\n  count: 1.5\n", "story.yaml:2: `count: 1.5` has to be a whole number of at least 1"),
        ("- fault: slow\n  model: [a]\n", "story.yaml:2: `model` has to be a name"),
        ("- at: 5s\n", "story.yaml:1: the event has neither `fault`"),
        ("- fault: slow\n  service: redis\n", "story.yaml:2: the event has both"),
        ("- service: redis\n", "story.yaml:1: a service needs one of `gone for: 30s`"),
        ("- service: kafka\n  stop: true\n", "story.yaml:1: `service: kafka` is not known: there are redis"),
        ("- service: redis\n  stop: maybe\n", "story.yaml:2: `stop: maybe`: write `stop: true`"),
        ("- service: redis\n  gone for: ever\n", "story.yaml:2: `gone for: ever` is no time"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_the_mend(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RehearsalError) as caught:
        story_of(tmp_path, text)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"(?s)story.yaml:1: .*story.yaml:2: "):
        story_of(tmp_path, "- {fault: slwo}\n- {fault: slow, share: 2}\n")


def test_a_story_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="cannot be read: No such file"):
        read_story(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(RehearsalError, match="is not text in UTF-8"):
        read_story(tmp_path / "latin.yaml")


def test_a_fault_of_the_command_line_lasts_the_whole_run() -> None:
    event = read_fault("azure rate_limit probability=0.5")
    assert (event.provider, event.fault, event.settings) == ("azure", "rate_limit", {"probability": 0.5})
    assert (event.at, event.lasts) == (Moment(seconds=0.0), None)
    placed = read_fault("deployment=gpt-4o-1 slow latency_s=3 at=00:10 for=2m")
    assert (placed.deployment, placed.at.seconds, placed.lasts) == ("gpt-4o-1", 10, Moment(seconds=120))
    assert read_fault("slow").subject == "every provider"


@pytest.mark.parametrize(
    "text", ["", "azure", "azure rate_limt", "azure openai slow", "azure slow share=2", 'azure "slow']
)
def test_a_fault_that_cannot_be_read_shows_how_to_write_it(text: str) -> None:
    with pytest.raises(RehearsalError, match=r'--fault "azure rate_limit share=0\.5"'):
        read_fault(text)
