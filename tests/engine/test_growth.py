"""How the cost of a picture grows: what is timed, and its figure."""

import pytest
from PIL import Image

from engine.benchmarks import growth
from engine.cli.cost_figure import save_cost_figure
from engine.errors import EngineError

SERIES = [
    growth.Series(varied, values, {name: tuple(0.1 * value for value in values) for name in ("tpt", "r-tpt", "a-tpt")})
    for varied, values in (("views", (2, 8)), ("classes", (10, 1000)), ("pixels a side", (32, 64, 112)))
]


def test_views_classes_and_resolution_are_varied_one_at_a_time(small, resnet, monkeypatch):
    asked = []
    monkeypatch.setattr(
        growth,
        "_seconds",
        lambda name, model, classes, views: asked.append((name, model.image_size, classes, views)) or 0.5,
    )
    panels = list(growth.growth(small))
    assert [series.varied for series in panels] == ["views", "classes", "pixels a side"]
    assert [series.values for series in panels] == [growth.VIEWS, growth.CLASSES, (40, 80, 112, 160, 224)]
    assert all(seconds == (0.5,) * 5 for series in panels for seconds in series.seconds.values())
    expected = {(32, 40, views) for views in growth.VIEWS} | {(32, classes, 64) for classes in growth.CLASSES}
    expected |= {(size, 40, 64) for size in (40, 80, 112, 160, 224)}
    assert {case[1:] for case in asked} == expected and len(asked) == 3 * 15
    assert [series.varied for series in growth.growth(resnet)] == ["views", "classes"]


def test_seconds_are_those_of_the_faster_run(small, monkeypatch):
    ticks = iter([0.0, 3.0, 10.0, 12.0])
    monkeypatch.setattr(growth.time, "perf_counter", lambda: next(ticks))
    ran = []
    monkeypatch.setattr(
        growth, "defended", lambda backbone, pixels, classes, name, views: ran.append((name, len(classes), views))
    )
    assert growth._seconds("tpt", small, 5, 4) == 2.0 and ran == [("tpt", 5, 4)] * 2


def test_the_figure_is_written_in_the_format_of_its_name(tmp_path):
    save_cost_figure(SERIES, "a model", tmp_path / "cost.png")
    with Image.open(tmp_path / "cost.png") as drawn:
        width, height = drawn.size
    assert 1500 < width < 2200 and 400 < height < 800
    save_cost_figure(SERIES[:2], "a ResNet", tmp_path / "cost.svg")
    assert (tmp_path / "cost.svg").read_text(encoding="utf-8").count("<svg") == 1
    for file in (tmp_path / "cost.owl", tmp_path / "nowhere" / "cost.png"):
        with pytest.raises(EngineError, match="cannot be written"):
            save_cost_figure(SERIES, "a model", file)
