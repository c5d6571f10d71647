"""Label sets: what ships can be read, is sourced, and is offered only to models that know its words."""

from pathlib import Path

import pytest

import engine
from app.labels import NO_SET, load_label_sets, offered

LABELS = Path(__file__).resolve().parents[2] / "assets" / "labels"


@pytest.fixture(scope="module")
def sets():
    return {each.key: each for each in load_label_sets(LABELS)}


def test_hidden_files_are_no_sets(tmp_path):
    (tmp_path / "._dtd.txt").write_bytes(b"\x00\x05what a Mac leaves \xff")
    assert load_label_sets(tmp_path) == ()


@pytest.mark.parametrize(("key", "count"), [("cifar-10", 10), ("oxford-pets", 37), ("eurosat", 10), ("dtd", 47)])
def test_known_data_sets_have_all_their_classes_and_a_source(sets, key, count):
    assert len(sets[key].names) == count and "20" in sets[key].source
    assert sets[key].template.count("{}") == 1


def test_the_built_in_model_is_offered_what_it_can_read(sets, tiny):
    closed = [key for _, key in offered(list(sets.values()), engine.load_backbone())]
    assert closed == [NO_SET, "field-guide-birds", "field-guide-kinds"]
    assert [key for _, key in offered(list(sets.values()), tiny)] == [NO_SET, *sorted(sets)]


def test_the_built_in_model_answers_with_its_own_sets(sets, pixels):
    backbone = engine.load_backbone()
    shown = engine.fieldguide.paint_specimen(engine.fieldguide.Specimen("bird", "blue", "plain", None, "red"), 3)
    kinds = sets["field-guide-kinds"]
    asked = engine.Classes(kinds.names, (kinds.template,))
    assert engine.predict(backbone, backbone.prepare(shown.image), asked).name == "bird"


@pytest.mark.parametrize("missing", ["title", "source", "prompt"])
def test_a_set_without_a_heading_is_refused(tmp_path, missing):
    heads = {"title": "T", "source": "S", "prompt": "a photo of a {}."}
    lines = [f"# {name}: {value}" for name, value in heads.items() if name != missing]
    (tmp_path / "odd.txt").write_text("\n".join([*lines, "cat", "dog"]))
    with pytest.raises(engine.EngineError, match=f"{missing}.*odd.txt"):
        load_label_sets(tmp_path)


@pytest.mark.parametrize(
    ("prompt", "names", "sentence"),
    [
        ("a photo of a {{}}.", "cat\ndog", "no other braces, and at most 200 characters; got “a photo of a {{}}.”"),
        ("a photo of a {}.", "cat\ndog\nCat", "“Cat” stands twice: number 1 is “cat”, number 3 is “Cat”"),
    ],
)
def test_a_set_that_cannot_be_asked_is_named(tmp_path, prompt, names, sentence):
    (tmp_path / "odd.txt").write_text(f"# title: T\n# source: S\n# prompt: {prompt}\n{names}\n")
    with pytest.raises(engine.EngineError, match=f"The label set odd.txt: .*{sentence}"):
        load_label_sets(tmp_path)
