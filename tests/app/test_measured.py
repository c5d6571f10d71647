"""What was measured ahead of time stands on the page as the records have it."""

import json
from dataclasses import replace
from html import unescape

from app import measured
from app.figures.measured import FEWEST, measured_tables
from app.measured import FOLDER, SERIES, load_measured
from app.text import many as text


def own(evaluation):
    """The arm in which each defence answers what went through itself, if there is one."""
    return next((arm for arm in evaluation.arms if arm.name == "adaptive-itself-4"), None)


def test_shares_are_counted_from_the_records():
    for evaluation in load_measured():
        records = [json.loads(line) for line in (FOLDER / evaluation.name / "records.jsonl").read_text().splitlines()]
        assert evaluation.pictures == len(records)
        assert evaluation.arms[0].attack is None
        through = [name for name in records[0]["arms"] if name.startswith("adaptive")] * bool(own(evaluation))
        assert [arm.name for arm in evaluation.arms if arm is not own(evaluation)] == [
            name for name in records[0]["arms"] if name not in through
        ]
        for arm in evaluation.arms:
            asked = arm.accuracy if arm is own(evaluation) else evaluation.defences
            assert list(arm.accuracy) == list(asked)
            for defence in asked:
                name = f"adaptive-{defence}-4" if arm is own(evaluation) else arm.name
                right = sum(record["arms"][name][defence]["right"] for record in records)
                low, high = arm.intervals[defence]
                assert arm.accuracy[defence] == right / len(records) and low <= arm.accuracy[defence] <= high


def test_every_series_is_there_and_has_its_words():
    assert tuple(evaluation.name for evaluation in load_measured()) == SERIES
    assert set(text.MEASURED) == set(SERIES) == {path.parent.name for path in FOLDER.glob("*/records.jsonl")}


def test_every_share_is_drawn_and_told(monkeypatch):
    monkeypatch.setattr("app.figures.measured.FEWEST", 1)
    evaluations = load_measured()
    drawn = unescape(measured_tables(evaluations))
    assert drawn.count("<svg") == sum(len(arm.accuracy) for e in evaluations for arm in e.arms) > 0
    for evaluation in evaluations:
        so_far = "" if evaluation.finished else f" of {evaluation.plan['pictures']}"
        assert f"{evaluation.pictures}{so_far} pictures, {evaluation.views} views of each" in drawn
        for arm in evaluation.arms:
            assert all(f"<b>{100 * share:.1f}</b>" in drawn for share in arm.accuracy.values())
    assert "PGD through the defence View average, 16/255" in drawn
    assert text.MEASURED_SHORT["every-defence"].format(pictures=600) in drawn
    assert "PGD through the defence itself, 4/255" in drawn and "PGD away from the model's own answer, 4/255" in drawn
    assert "Common corruption (Weather: bright light, 3), no limit" in drawn


def test_a_table_is_shown_once_it_has_pictures_enough_and_no_wider_than_a_telephone_has_room_for():
    (grows,) = (one for one in load_measured() if one.name == "every-attack")
    of_few = replace(grows, truths=("x",) * (FEWEST - 1), plan=grows.plan | {"pictures": 200})
    assert measured_tables([of_few]) == "" and measured_tables([replace(of_few, plan={**of_few.plan, "pictures": 29})])
    drawn = measured_tables([replace(of_few, truths=("x",) * FEWEST)])
    assert [part.split("</thead>")[0].count("<th") for part in drawn.split("<table")[1:]] == [6, 6]  # with <thead


def test_only_what_all_methods_answered_is_compared_and_asked_again_once_it_is_finished(monkeypatch):
    (kept,) = (one for one in load_measured() if one.name == "every-attack")

    def offered(pictures):
        shown = replace(kept, plan=kept.plan | {"pictures": pictures})
        monkeypatch.setattr(measured, "load_measured", lambda: (shown,))
        return {arm.name for _, arm in measured.arms().values()}

    assert offered(kept.pictures + 1) == set()
    everything = {arm.name for arm in kept.arms}
    assert everything - offered(kept.pictures) == {"adaptive-itself-4", "pgd-predicted-4"}


def test_without_the_records_nothing_is_told(tmp_path):
    assert measured_tables(load_measured(tmp_path)) == ""
