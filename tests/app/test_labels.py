"""Label sets: what ships can be read, is sourced, and is offered only to models that know its words."""

import hashlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import engine
from app.labels import NO_SET, LabelSet, load_label_sets, offered, prompt_sets, published_sets
from app.panels.inputs import Inputs
from engine.datasets.coop import LAYOUTS

PUBLISHED = [
    ("caltech-101", 100, "brontosaurus"), ("cifar-10", 10, "frog"), ("dtd", 47, "paisley"),
    ("eurosat", 10, "pasture land"), ("fgvc-aircraft", 100, "F-16A/B"), ("flowers-102", 102, "bird of paradise"),
    ("food-101", 101, "pho"), ("imagenet", 1000, "tench"), ("imagenet-a", 200, "junco"),
    ("imagenet-r", 200, "goldfish"), ("oxford-pets", 37, "abyssinian"),
    ("stanford-cars", 196, "Geo Metro Convertible 1993"),
    ("sun-397", 397, "oast house"), ("ucf-101", 101, "tai chi"),
]  # fmt: skip
OF_LAYOUT = {
    "caltech101": "caltech-101", "oxford_pets": "oxford-pets", "stanford_cars": "stanford-cars",
    "oxford_flowers": "flowers-102", "food101": "food-101", "fgvc_aircraft": "fgvc-aircraft", "sun397": "sun-397",
    "dtd": "dtd", "eurosat": "eurosat", "ucf101": "ucf-101", "imagenet": "imagenet", "imagenetv2": "imagenet",
    "imagenet_sketch": "imagenet", "imagenet_a": "imagenet-a", "imagenet_r": "imagenet-r",
}  # fmt: skip
LABELS = Path(__file__).resolve().parents[2] / "assets" / "labels"


@pytest.fixture(scope="module")
def sets():
    return {each.key: each for each in (*load_label_sets(LABELS), *published_sets())}


def test_hidden_files_are_no_sets(tmp_path):
    (tmp_path / "._dtd.txt").write_bytes(b"\x00\x05what a Mac leaves \xff")
    assert load_label_sets(tmp_path) == ()


@pytest.mark.parametrize(("key", "count", "known"), PUBLISHED)
def test_known_data_sets_have_all_their_classes_and_a_source(sets, key, count, known):
    found = sets[key]
    assert len(found.names) == len({*map(engine.classes.spelling, found.names)}) == count and known in found.names
    assert re.search("(19|20)[0-9]{2}", found.source) and found.template.count("{}") == 1


def listed() -> dict[str, list[str]]:
    """The rows of the table on what each list was compared with, by list."""
    rows = re.findall(r"^\| ([a-z]+-?[0-9a-z]*) \| (.*) \|$", (LABELS / "README.md").read_text(encoding="utf-8"), re.M)
    return {key: rest.split(" | ") for key, rest in rows if key != "list"}


def test_what_every_published_list_was_compared_with_is_told_and_holds_for_the_list_as_it_is(sets):
    ours = {path.stem for path in LABELS.glob("*.txt")}
    assert listed().keys() == {key for key, _, _ in PUBLISHED} & ours
    for key, (count, compared, order, digest) in listed().items():
        names = sets[key].names
        assert len(names) == int(count) and compared and order
        assert hashlib.sha256("\n".join(names).encode()).hexdigest()[:12] == digest, f"compare {key} anew"


def folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("dtd", folded),
        ("eurosat", folded),
        ("oxford-pets", folded),
        ("ucf-101", folded),
        ("fgvc-aircraft", str),
        ("stanford-cars", lambda name: name.split()[0]),
    ],
)
def test_lists_in_their_own_alphabetical_order_are_in_that(sets, key, order):
    names = [order(name) for name in sets[key].names]
    assert names == sorted(names)


def test_every_data_set_of_the_literature_has_its_names_here(sets):
    """Under its name in `LAYOUTS`; those that ask ImageNet's classes share its list."""
    assert {*LAYOUTS} == {*OF_LAYOUT} and {*OF_LAYOUT.values()} <= {*sets}


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "dtd"])  # whose has no words to tune
def test_the_prompts_are_those_that_an_evaluation_takes_for_the_data_set(sets, layout):
    assert sets[OF_LAYOUT[layout]].template == LAYOUTS[layout].template


def test_the_subsets_of_imagenet_are_in_its_order(sets):
    places = [sets["imagenet"].names.index(name) for name in sets["imagenet-r"].names]
    assert places == sorted(places) and places[:3] == [1, 2, 4]


def test_imagenet_is_asked_with_eighty_sentences():
    sentences = engine.datasets.imagenet_templates()
    assert len({*sentences}) == 80 and "a photo of a {}." in sentences
    engine.classes.require_templates(sentences)


def test_the_built_in_model_is_offered_what_it_can_read(sets, tiny):
    closed = [key for _, key in offered(list(sets.values()), engine.load_backbone())]
    assert closed == [NO_SET, "field-guide-birds", "field-guide-kinds"]
    titles, keys = zip(*offered(list(sets.values()), tiny), strict=True)
    assert keys[:2] == (NO_SET, "everyday") and {*keys[2:]} == {*sets} - {"everyday"}
    assert [*titles[2:]] == sorted(titles[2:], key=str.casefold) and "ImageNet, also -V2 and -Sketch (1,000)" in titles


def test_sentences_to_average_are_offered_where_the_model_knows_their_words(tiny):
    assert [key for _, key in prompt_sets(tiny)] == ["", "model", "imagenet-80"]
    titles, keys = zip(*prompt_sets(engine.load_backbone()), strict=True)
    assert keys == ("", "model") and f"({len(engine.load_backbone().templates)} sentences)" in titles[1]


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


def test_where_a_list_comes_from_is_shown_as_text(tiny):
    one = LabelSet("own", "Own", "<b>me</b>", "a photo of a {}.", ("red fish", "blue fish"))
    beside = Inputs._set(SimpleNamespace(label_sets=(one,)), one.lines, tiny)
    assert beside == ("own", "Source: &lt;b&gt;me&lt;/b&gt;.")
