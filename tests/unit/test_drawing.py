"""What a journey drawing says, how its texts break, and where its ways run."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.branch_days import journey_of, one_queue

from journeysim.errors import InputError
from journeysim.experiment import run
from journeysim.report import draw_journey, style
from journeysim.report.drawing.draw import drawing_content
from journeysim.report.drawing.layout import lay_out
from journeysim.report.drawing.numbers import count_text, minutes_text, score_text, share_text
from journeysim.report.drawing.paint import measured
from journeysim.report.drawing.routes import Way, plan_of
from journeysim.report.drawing.shapes import Font, Icon, Panel, Path, Ribbon, Sign, Stroke, Surface, Words
from journeysim.report.drawing.ways import Channel, plan_ways
from journeysim.report.drawing.wrapping import Typesetter

NAN = math.nan


def branch():
    """A greeter who sends half to a machine and half to a counter; the machine fails for a fifth."""
    service = {"constant": "2 min"}
    data = one_queue()
    data["segments"] = {
        "all": {"share": 0.75, "acceptable_wait": {"constant": "8 min"}},
        "vip": {"share": 0.25, "acceptable_wait": {"constant": "4 min"}},
    }
    data["needs"] = {"any": {"share": 1, "start": "hello"}}
    data["touchpoints"] = {
        "hello": {
            "stage": "In",
            "service": service,
            "next": [
                {"to": "counter", "when": {"segment": "vip"}},
                {"to": {"machine": 0.5, "counter": 0.5}},
            ],
        },
        "machine": {"stage": "Do", "service": service, "fails": 0.2, "if_failed": "counter"},
        "check": {"stage": "Out", "lane": "back", "service": service},
        "counter": {
            "stage": "Do",
            "queue": "line",
            "service": service,
            "moment_of_truth": True,
            "if_reneged": "hello",
            "next": [{"to": "check", "probability": 0.4}, {"to": "leave"}],
        },
    }
    return journey_of(data)


def test_the_plan_follows_the_routes():
    plan = plan_of(branch())
    found = {(one.source, one.target): (one.way, one.share, one.per_hundred) for one in plan.routes}
    # Three quarters are regular, half of these go to the machine; of those a fifth fail.
    counter = 100 - 37.5 + 0.2 * 37.5
    assert found.pop(("counter", "hello"))[0] is Way.AT_TIMES
    assert {way for way, _, _ in found.values()} == {Way.USUAL}
    assert found["hello", "machine"][1:] == pytest.approx((0.375, 37.5))
    assert found["hello", "counter"][1:] == pytest.approx((0.625, 62.5))
    assert found["machine", "counter"][1:] == pytest.approx((0.2, 7.5))
    assert found["counter", "check"][1:] == pytest.approx((0.4, 0.4 * counter))
    assert len(found) == 4
    assert plan.points["counter"].per_hundred == pytest.approx(counter)
    assert plan.points["counter"].leave_share == pytest.approx(0.6)
    assert plan.points["machine"].leave_share == pytest.approx(0.8)
    assert plan.points["hello"].start_share == pytest.approx(1)
    # Of those at the counter a quarter of all are VIPs, who accept less.
    assert plan.points["counter"].acceptable_min == pytest.approx((25 * 4 + (counter - 25) * 8) / counter)


def test_a_contact_on_a_later_day_is_a_visit_of_its_own():
    data = one_queue()
    data["touchpoints"]["counter"]["next"] = [
        {"to": "call", "after": "2 days", "probability": 0.5},
        {"to": "leave"},
    ]
    data["touchpoints"]["call"] = {"stage": "T", "service": {"constant": "1 min"}}
    plan = plan_of(journey_of(data))
    (later,) = plan.routes
    assert (later.way, later.share) == (Way.LATER, pytest.approx(0.5))
    assert plan.points["counter"].per_hundred == pytest.approx(100 / 1.5)
    assert plan.points["call"].per_hundred == pytest.approx(50 / 1.5)
    assert plan.points["counter"].leave_share == pytest.approx(0.5)


def test_touchpoints_of_a_stage_stand_together_in_the_maps_order():
    content = drawing_content(branch(), None)
    assert [card.name for card in content.cards] == ["hello", "machine", "counter", "check"]
    assert content.stages == ("In", "Do", "Out")
    assert [card.stage for card in content.cards] == [0, 1, 1, 2]


def test_ways_run_straight_over_and_between():
    content = drawing_content(branch(), None)
    ways = plan_ways(content.cards, content.routes)
    straight = {(ways.routes[number].source, ways.routes[number].target) for number in ways.straight}
    assert straight == {("hello", "machine"), ("machine", "counter")}
    channels = {
        (ways.routes[number].source, ways.routes[number].target): bus.channel
        for bus in ways.buses
        for number in bus.routes
    }
    assert channels == {
        ("hello", "counter"): Channel.OVER,
        ("counter", "hello"): Channel.OVER,
        ("counter", "check"): Channel.BETWEEN,
    }
    picture = lay_out(content, measured)
    strokes = [shape.stroke for shape in picture.shapes if isinstance(shape, Path)]
    assert Stroke.AT_TIMES in strokes
    assert Stroke.VISIBILITY in strokes


def test_branches_from_one_side_cross_no_other_on_their_way_in():
    data = one_queue()
    service = {"stage": "T", "service": {"constant": "1 min"}}
    data["touchpoints"] = {
        "counter": {**service, "next": [{"to": {"b": 0.3, "d": 0.7}}]},
        "b": {**service, "next": [{"to": {"c": 0.5, "d": 0.5}}]},
        "c": {**service, "next": [{"to": "e"}]},
        "d": service,
        "e": service,
    }
    content = drawing_content(journey_of(data), None)
    shapes = lay_out(content, measured).shapes
    long = [
        one for one in shapes if isinstance(one, Path) and one.stroke is Stroke.ROUTE and len(one.points) == 4
    ]
    into_d = sorted(long, key=lambda one: one.points[0][0])[:2]
    (first, second) = (one.points for one in into_d)
    # The nearer one has the lower track and arrives left of the other.
    assert second[1][1] > first[1][1]
    assert second[3][0] < first[3][0]


def test_lanes_lie_on_their_side_of_the_line_of_visibility():
    shapes = lay_out(drawing_content(branch(), None), measured).shapes
    (line,) = [shape for shape in shapes if isinstance(shape, Path) and shape.stroke is Stroke.VISIBILITY]
    front = [one for one in shapes if isinstance(one, Panel) and one.surface is Surface.TOUCHPOINT]
    back = [one for one in shapes if isinstance(one, Panel) and one.surface is Surface.BACK_TOUCHPOINT]
    assert [len(front), len(back)] == [3, 1]
    assert max(one.box.bottom for one in front) < line.points[0][1] < min(one.box.y for one in back)
    assert [one.stands_out for one in front] == [False, False, True]


def test_after_a_run_the_curve_goes_through_the_scores_and_the_worst_is_flagged():
    journey = branch()
    done = run(journey, replications=3, jobs=1, steps=False)
    content = drawing_content(journey, done, golden=["counter"])
    found = done.options[0].by("touchpoint")
    scores = {name: one["score_mean"].mean for name, one in found.items()}
    known = {name: score for name, score in scores.items() if not math.isnan(score)}
    assert content.flags.worst == min(known, key=lambda name: known[name])
    counter = next(card for card in content.cards if card.name == "counter")
    assert counter.found is not None
    visits = done.options[0].metrics["visits_per_day"].mean
    assert counter.found.per_hundred == pytest.approx(100 * found["counter"]["visits_per_day"].mean / visits)
    assert counter.found.wait_p90_min == found["counter"]["wait_p90_min"].mean
    shapes = lay_out(content, measured).shapes
    faces = [shape for shape in shapes if isinstance(shape, Icon) and shape.sign is Sign.FACE]
    assert [face.mood for face in faces] == [known[card.name] for card in content.cards if card.name in known]
    heights = [face.box.y for face in faces]
    assert heights.index(min(heights)) == max(range(len(faces)), key=lambda at: faces[at].mood)
    (curve,) = [shape for shape in shapes if isinstance(shape, Path) and shape.stroke is Stroke.EMOTION]
    (band,) = [shape for shape in shapes if isinstance(shape, Ribbon)]
    for face in faces:
        middle = face.box.y + face.box.height / 2
        assert any(math.dist(point, (face.box.middle, middle)) < 1e-9 for point in curve.points)
    assert all(high[1] <= low[1] for high, low in zip(band.upper, band.lower, strict=True))
    signs = [shape.sign for shape in shapes if isinstance(shape, Icon)]
    # On the touchpoint, above the curve, and in the legend.
    assert signs.count(Sign.GOLDEN) == signs.count(Sign.WORST) == 3


def test_one_replication_has_no_interval_and_says_nothing_that_needs_one():
    journey = branch()
    content = drawing_content(journey, run(journey, replications=1, jobs=1, steps=False))
    words = [
        line for one in lay_out(content, measured).shapes if isinstance(one, Words) for line in one.lines
    ]
    assert not [line for line in words if "±" in line or "nan" in line]
    assert "cannot be told from chance" in content.notes[0]


def test_a_run_of_another_map_and_an_unknown_option_are_refused():
    journey = branch()
    done = run(journey, replications=1, jobs=1, steps=False)
    with pytest.raises(InputError, match=r"a run of this map is required, found hello, .* not in the map"):
        draw_journey(journey_of(one_queue()), done)
    with pytest.raises(InputError, match=r"(?s)kounter.*Todya, hint: it has Today"):
        draw_journey(journey, done, option="Todya", golden=["kounter"])


def test_golden_points_show_without_a_run():
    shapes = lay_out(drawing_content(branch(), None, golden=["machine"]), measured).shapes
    assert [shape.sign for shape in shapes if isinstance(shape, Icon)].count(Sign.GOLDEN) == 2


SETTER = Typesetter(lambda text, font: 0.1 * len(text))
FONT = Font(9)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ("one two", "three")),
        ("self-service", ("self-", "service")),
        ("abcdefghijklmnop", ("abcdefgh", "ijklmnop")),
        ("城区网点理财经理，洽谈", ("城区网点理财经", "理，洽谈")),
        ("城区网点理财经（洽谈）", ("城区网点理财经", "（洽谈）")),
        ("a\tb\u200b\nc", ("a b c",)),
        ("", ()),
        ("  ", ()),
    ],
)
def test_lines_break_where_a_reader_expects(text, lines):
    assert SETTER.wrap(text, FONT, 0.8) == lines


def test_what_does_not_fit_ends_in_an_ellipsis():
    assert SETTER.wrap("one two three four", FONT, 0.5, 2) == ("one", "two…")
    assert SETTER.wrap("abcdefghij", FONT, 0.5, 1) == ("abcd…",)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (minutes_text(NAN), "–"), (minutes_text(0), "0 min"), (minutes_text(0.5), "30 s"),
        (minutes_text(0.9999), "1.0 min"), (minutes_text(9.96), "10 min"), (minutes_text(150), "2.5 h"),
        (minutes_text(4320), "3.0 days"), (count_text(0.01), "<0.1"), (count_text(9.94), "9.9"),
        (count_text(52.4), "52"), (share_text(0.004), "<1%"), (share_text(0.625), "62%"),
        (share_text(NAN), ""), (score_text(-0.125), "−0.12"), (score_text(0.3), "+0.30"),
        (score_text(-0.001), "0.00"),
    ],
)  # fmt: skip
def test_numbers_are_short(found, text):
    assert found == text


def test_a_dollar_is_no_formula_and_a_letter_without_a_font_is_told(monkeypatch):
    monkeypatch.setattr(style, "_FONTS", ("DejaVu Sans",))
    monkeypatch.setattr(style, "_FONT_FILES", ("no such font",))
    assert style.font_advice("$a_b$ Ünï — Приём") == ""
    assert "fonts-noto-cjk" in style.font_advice("counter 柜台")
    advice = style.font_advice("ก")
    assert "ก" in advice
    assert "cjk" not in advice
    journey = branch()
    named = journey.patched({"touchpoints.hello.stage": "柜台"})
    with pytest.warns(UserWarning, match="fonts-noto-cjk"):
        draw_journey(named)


def test_measured_widths_grow_with_the_text_and_its_font():
    assert (
        measured("counter", Font(9)) < measured("counter", Font(9, bold=True)) < measured("counter", Font(12))
    )
    assert measured("", Font(9)) == 0


def test_the_band_is_as_wide_as_the_interval():
    journey = branch()
    content = drawing_content(journey, run(journey, replications=3, jobs=1, steps=False))
    cards = tuple(
        replace(card, found=replace(card.found, score=replace(card.found.score, low=NAN, high=NAN)))
        for card in content.cards
        if card.found is not None
    )
    bands = [
        next(shape for shape in lay_out(one, measured).shapes if isinstance(shape, Ribbon))
        for one in (content, replace(content, cards=cards))
    ]
    widths = [max(low[1] - high[1] for high, low in zip(b.upper, b.lower, strict=True)) for b in bands]
    assert widths[0] > 0.01
    assert widths[1] == 0
