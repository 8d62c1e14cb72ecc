"""The difference of two texts, by lines and words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.pages.differences import MAX_LINES, Line, difference


def marked(line: Line) -> tuple[str, str]:
    """Both sides, what is changed in brackets."""
    left, right = (
        "".join(f"[{piece.text}]" if piece.changed else piece.text for piece in side)
        for side in (line.left, line.right)
    )
    return left, right


def test_words_are_marked_in_a_changed_line():
    found = difference("Answer in one sentence.\nBe kind.", "Answer in two sentences.\nBe kind.")
    assert [(line.kind, *marked(line)) for line in found.lines] == [
        ("changed", "Answer in [one] [sentence].", "Answer in [two] [sentences]."),
        ("same", "Be kind.", "Be kind."),
    ]
    assert (found.changed, found.removed, found.added) == (1, 0, 0)


def test_lines_with_little_in_common_are_changed_as_a_whole():
    (line,) = difference("Answer at once.", "Who knows which way it goes, and why?").lines
    assert marked(line) == ("[Answer at once.]", "[Who knows which way it goes, and why?]")


def test_added_and_removed_lines_and_equal_ones_left_out():
    equal = [f"rule {number}" for number in range(20)]
    found = difference("\n".join(["old", *equal]), "\n".join([*equal, "new"]))
    kinds = [line.kind for line in found.lines]
    assert kinds == ["removed", *["same"] * 3, "gap", *["same"] * 3, "added"]
    assert next(line.count for line in found.lines if line.kind == "gap") == 14
    assert [(line.left_number, line.right_number) for line in found.lines][1] == (2, 1)


def test_equal_texts_have_no_difference():
    assert difference("a\nb", "a\nb").is_none
    assert not difference("a", "a\n").is_none
    assert [line.kind for line in difference("", "a\nb").lines] == ["added", "added"]


def test_lines_that_occur_often_are_compared_too():
    text = "x\n" * 400
    found = difference(text + "end", text + "new\nend")
    assert (found.changed, found.removed, found.added) == (0, 0, 1)


def test_of_long_texts_the_first_lines_are_compared():
    text = "\n".join(map(str, range(MAX_LINES + 5)))
    found = difference(text, "first\n" + text)
    assert found.is_cut
    assert (found.changed, found.removed, found.added) == (0, 1, 1)  # the last line is pushed out


TEXTS = st.text(alphabet="ab \n", max_size=30)


@given(left=TEXTS, right=TEXTS)
def test_both_texts_can_be_read_back(left: str, right: str):
    found = difference(left, right)
    if any(line.kind == "gap" for line in found.lines):
        return
    for side, text in (("left", left), ("right", right)):
        lines = [
            "".join(piece.text for piece in getattr(line, side))
            for line in found.lines
            if getattr(line, f"{side}_number")
        ]
        assert "\n".join(lines) == text
