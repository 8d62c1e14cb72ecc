"""A picture in words says what the picture says: each number at its name, in its series."""

from __future__ import annotations

from gateway_kit.charts import latency_and_cost, limits_at_work, traffic_share
from gateway_kit.charts.alt import alt_text, one_line
from gateway_kit.charts.elements import draw_bars, set_headline
from gateway_kit.charts.figure import new_figure
from tests.unit.metric_calls import calls


def test_a_number_stands_at_its_name_and_its_series() -> None:
    runs = {"a": calls(*[{"deployment": d} for d in "xxxy"]), "b": calls(*[{"deployment": d} for d in "xy"])}
    assert traffic_share(runs).alt == (
        "x answers 75 % with a, 50 % with b. From left to right: share of the answered calls in percent, 0 to 100. "
        "a (n=4): x 75 %, y 25 %; b (n=2): x 50 %, y 50 %. Legend: x, y."
    )


def test_a_bar_too_short_for_its_label_does_not_shift_the_others() -> None:
    runs = {
        "die": calls(*[{"deployment": d} for d in "aabc"]),
        "measured": calls(*[{"deployment": d} for d in "cccc"]),
    }
    assert "die (n=4): a 50 %, b 25 %, c 25 %; measured (n=4): c 100 %" in traffic_share(runs).alt


def test_axes_side_by_side_have_the_same_names() -> None:
    rows = [
        {"model": "quick", "latency_s": 0.1, "cost_usd": 0.004},
        {"model": "slow", "latency_s": 3.0, "cost_usd": 0.001},
    ] * 3
    said = latency_and_cost(calls(*rows)).alt
    assert "slow (n=3): 3.00 s; quick (n=3): 0.10 s. quick costs most." in said
    assert said.endswith("slow (n=3): 1.000; quick (n=3): 4.000.")


def test_missing_outcomes_are_not_named() -> None:
    fine = {"status": 200}
    refused = {"status": 429, "error": "429"}
    said = limits_at_work({"rpm": calls(fine, refused, refused), "none": calls(fine)}).alt
    assert "rpm (n=3): answered 1, refused by a limit or a budget 2; none (n=1): answered 1." in said


def test_numbers_without_names_are_listed_and_long_lists_end() -> None:
    figure, (axes,) = new_figure()
    axes.plot([0, 10], [0, 5])
    axes.set_xlabel("calls")
    axes.set_ylabel("US dollars")
    axes.text(1, 1, "here")
    set_headline(axes, "A title")
    assert alt_text(figure).startswith(
        "A title. From left to right: calls, -0.5 to 10.5. From bottom to top: US dollars"
    )
    assert alt_text(figure).endswith("Numbers: here.")
    many, (bars,) = new_figure(height=9)
    draw_bars(bars, [f"name {n}" for n in range(20)], list(range(20)), "calls", "{:.0f}")
    set_headline(bars, "Many")
    assert many.alt.endswith("name 11: 11 and 8 more.")


def test_a_name_on_two_lines_is_one_name() -> None:
    name = "anthropic/claude-haiku-4-5-with-a-name-that-takes-two-lines"
    figure = latency_and_cost(calls({"model": name, "latency_s": 1.0, "cost_usd": 1.0}))
    assert "\n" in figure.axes[0].get_yticklabels()[0].get_text()
    assert f"{name} (n=1): 1.00 s" in figure.alt
    assert one_line(" two\nlines ") == "two lines"
