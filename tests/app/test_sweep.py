"""A sweep on the page: the stories' numbers, kept where they are the same, and apart from the kept pictures'."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

import engine
from app import measured
from app.figures.html import esc
from app.figures.sweep import sweep_figure
from app.models import Models
from app.panels.sweep import SweepPart, _begun
from app.state.found import Found
from app.state.parts import Account
from app.state.visitors import Visitor
from app.sweep import Sweep
from app.sweeping import points
from app.text import words as text
from tests.page_cases import CHOICES, asked, picture

MOSAIC = CHOICES._replace(mosaic_left="view-average", mosaic_right="tpt", steps=2)
PRINT = measured.load_measured()[0].plan["fingerprint"]


@pytest.fixture(scope="module")
def swept(tiny):
    """A sweep of two seeds that was stopped within the second, its question, and the whole of it."""
    base = asked(tiny, engine.story.Results(), MOSAIC)
    begun = _begun(Visitor(choices=MOSAIC), base, 2)
    account, models = Account(), Models(tiny)
    every = list(points(models, base, begun, 1, account))
    stopped = next(points(models, base, replace(every[-1]), 2, account))
    return base, every, stopped, list(points(models, base, stopped, 2, account))[-1]


@pytest.mark.slow
def test_every_point_is_the_story_with_its_limit_and_seed(swept, tiny):
    base, _, _, whole = swept
    assert whole.defences == ("clip", "view-average", "tpt") and whole.total == len(whole.points) == 12
    point = whole.points[9]
    assert (round(point.epsilon * 255), point.seed) == (4, 1)
    settings = replace(base.settings, defences=whole.defences).with_seed(1)
    story = engine.story.Story(tiny, replace(base.story.recipe, settings=settings))
    label = base.story.recipe.label
    for name in whole.defences:
        assert point.leads[name] == pytest.approx(story.result(engine.story.Defended(name)).prediction.lead(label))


def test_points_come_one_by_one_and_what_was_stopped_goes_on(swept):
    base, every, stopped, whole = swept
    assert [len(sweep.points) for sweep in every] == [1, 2, 3, 4, 5, 6]
    assert len(stopped.points) == 7 and whole.points[:7] == stopped.points
    again = _begun(Visitor(choices=MOSAIC, sweep=stopped), base, 2)
    assert again.points == stopped.points
    fewer = _begun(Visitor(choices=MOSAIC, sweep=whole), base, 1)
    assert fewer.points == whole.points[:6] and fewer.total == 6
    other = MOSAIC._replace(mosaic_right="a-tpt")
    assert _begun(Visitor(choices=other, sweep=whole), base, 2).points == ()


def test_the_figure_tells_every_number(swept):
    *_, whole = swept
    drawn = sweep_figure(whole)
    for name in whole.defences:
        levels = whole.levels(name)
        assert [level.epsilon for level in levels] == [*whole.limits]
        for level in levels:
            leads = [point.leads[name] for point in whole.points if point.epsilon == level.epsilon]
            right = sum(lead > 0 for lead in leads)
            assert (level.right, level.seeds) == (right, 2) and level.lead == pytest.approx(sum(leads) / 2)
            assert f"{right} of 2 seeds</title>" in drawn and f"<b>{right} of 2</b>" in drawn
    assert drawn.count("<title>") == 18 and drawn.count("<polyline") == drawn.count('class="band') == 3
    assert drawn.count("●") == drawn.count("■") == drawn.count("▲") == 1
    assert "kept pictures" not in drawn  # whose records are of another model


def made(leads, **more):
    """A sweep of two seeds in which every defence leads by these numbers, one a limit."""
    settings = replace(CHOICES.settings(), defences=("clip", "a-tpt", "mac"))
    names = settings.defences
    found = tuple(
        engine.story.SweepPoint(limit, seed, {name: lead - (name == "clip") for name in names})
        for seed in (0, 1)
        for limit, lead in zip(engine.story.limits("linf"), leads, strict=False)
    )
    return Sweep("", "", PRINT, settings, **{"given": True, "total": 12, "points": found} | more)


def test_what_holds_up_to_where_is_said():
    drawn = sweep_figure(made([3, 2, 1.5, 0.5, -1, 2]))
    assert "up to: no defence <b>2/255</b>, A-TPT <b>4/255</b>, MAC <b>4/255</b>" in drawn
    assert "no defence <b>not even unattacked</b>" in sweep_figure(made([0.5, 0.5]))
    assert "clean answer is kept" in sweep_figure(made([1.0], given=False))
    assert esc(text.STRANGE_WAY) in sweep_figure(made([1.0], strange=True))
    assert sweep_figure(made([])) == ""


def test_kept_pictures_stand_apart_and_where_there_are_records_only():
    drawn = sweep_figure(made([3, 2, 1, 1, 1, 1])).split("kept pictures</h2>")[1]
    assert re.findall(r'<th scope="col">(.*?)</th>', drawn) == ["4/255", "8/255", "16/255"]
    arms = measured.arms()
    for name in ("every-defence/pgd-4", "collapse/pgd-8", "collapse/pgd-16"):
        kept, arm = arms[name]
        assert f"<b>{100 * arm.accuracy['a-tpt']:.1f} %</b> of {kept.pictures}" in drawn
    assert drawn.count("not measured") == 2  # MAC at 8 and 16
    adaptive = engine.AttackSettings("adaptive", target_defence="r-tpt")
    other = replace(made([1.0]), settings=replace(made([1.0]).settings, attack=adaptive))
    assert "kept pictures" not in sweep_figure(other)


def test_a_sweep_of_another_picture_is_not_drawn(tiny, swept):
    *_, whole = swept
    part = SweepPart.__new__(SweepPart)
    part.drawn = "figure"
    own = Found(picture=picture(tiny), sweep=whole)
    assert "<svg" in part.draw(own, CHOICES)["figure"]
    for other in (replace(own, picture=picture(tiny, 2)), replace(own, sweep=None), Found(sweep=whole)):
        assert "<svg" not in part.draw(other, CHOICES)["figure"]


def test_a_budget_that_is_used_up_ends_a_sweep_in_a_sentence(tiny):
    base = asked(tiny, engine.story.Results(), MOSAIC)
    begun = _begun(Visitor(choices=MOSAIC), base, 2)
    poor = Account("x", None, engine.story.Budget(100))
    with pytest.raises(engine.EngineError, match="passes through the model"):
        list(points(Models(tiny), base, begun, 2, poor))


def test_another_model_begins_without_the_sweep():
    one = Visitor(sweep=SimpleNamespace())
    assert one.on("other", None).sweep is None and one.on("", None).sweep is one.sweep
