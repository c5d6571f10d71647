"""What was measured ahead of time stands on the page as the records have it."""

import json

from app.figures.measured import measured_tables
from app.measured import FOLDER, SERIES, load_measured
from app.text import words as text


def test_shares_are_counted_from_the_records():
    for evaluation in load_measured():
        records = [json.loads(line) for line in (FOLDER / evaluation.name / "records.jsonl").read_text().splitlines()]
        assert evaluation.pictures == len(records)
        assert evaluation.arms[0].attack is None
        for arm, name in zip(evaluation.arms, records[0]["arms"], strict=True):
            for defence in evaluation.defences:
                right = sum(record["arms"][name][defence]["right"] for record in records)
                low, high = arm.intervals[defence]
                assert arm.accuracy[defence] == right / len(records) and low <= arm.accuracy[defence] <= high


def test_every_series_is_there_and_has_its_words():
    assert tuple(evaluation.name for evaluation in load_measured()) == SERIES
    assert set(text.MEASURED) == set(SERIES) == {folder.name for folder in FOLDER.iterdir()}


def test_every_share_is_drawn_and_told():
    evaluations = load_measured()
    drawn = measured_tables(evaluations)
    assert drawn.count("<svg") == sum(len(e.defences) * len(e.arms) for e in evaluations) > 0
    for evaluation in evaluations:
        assert f"{evaluation.pictures} pictures, {evaluation.views} views of each" in drawn
        for arm in evaluation.arms:
            assert all(f"<b>{100 * share:.1f}</b>" in drawn for share in arm.accuracy.values())
    assert "PGD through the defence View average, 16/255" in drawn


def test_without_the_records_nothing_is_told(tmp_path):
    assert measured_tables(load_measured(tmp_path)) == ""
