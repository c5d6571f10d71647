"""Pictures attacked elsewhere: later parts work on what was given, and nothing is made up about the rest."""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.cli.main import main
from engine.pictures import far_apart, lost_in_reading
from engine.serialise import attack_data, maps_data
from engine.settings import AttackSettings, Settings, TuneSettings, ViewSettings
from engine.story import (
    ANSWER,
    ATTACKED,
    CLEAN,
    NOISE,
    Attack,
    Clean,
    Control,
    Curves,
    Defended,
    Guide,
    Heads,
    Map,
    Picture,
    Placed,
    Read,
    Recipe,
    Story,
    Tune,
    Views,
    Weighted,
    Words,
)
from engine.story.requests import Shown
from tests.fixtures import noise

CLASSES = engine.Classes(("owl", "cat", "oak"))
SETTINGS = Settings(
    attack=AttackSettings(steps=2, epsilon=8 / 255), views=ViewSettings(count=8), tuning=TuneSettings(steps=1),
    defences=("clip",),
)  # fmt: skip
DOWNSTREAM = (
    Map(ATTACKED), Map(ATTACKED, about=ANSWER), Guide(), Heads(ATTACKED), Words(ATTACKED), Curves(picture=ATTACKED),
    Read(), Shown(), Views(), Tune(0), Weighted(), Placed(), Defended("clip"),
)  # fmt: skip


@pytest.fixture(scope="module")
def pixels(tiny):
    return noise(tiny.image_size)


@pytest.fixture(scope="module")
def here(tiny, pixels):
    """A story whose picture is attacked here."""
    return Story(tiny, Recipe(Picture(pixels), CLASSES, 1, SETTINGS))


@pytest.fixture(scope="module")
def saved(here):
    return here.result(Attack()).saved


def given(backbone, saved, clean=None, label=1, settings=SETTINGS):
    attacked = Picture(saved)
    picture = attacked if clean is None else Picture(clean)
    return Story(backbone, Recipe(picture, CLASSES, label, settings, attacked))


def numbers(found):
    """Everything in a result that can be compared."""
    names = ("raw", "logits", "weights", "attention", "shares", "deletion", "pictures", "features", "tuned", "answer")
    own = [value for name in names if (value := getattr(found, name, None)) is not None]
    return [
        *own,
        *(one.prediction.logits for one in (found, getattr(found, "step", None)) if hasattr(one, "prediction")),
    ]


@pytest.mark.parametrize("clean_known", [True, False])
@pytest.mark.parametrize("request_", DOWNSTREAM, ids=repr)
def test_every_later_part_works_on_what_was_given_as_on_what_is_attacked_here(
    tiny, pixels, here, saved, request_, clean_known
):
    mine, theirs = here.result(request_), given(tiny, saved, pixels if clean_known else None).result(request_)
    found = [*zip(numbers(mine), numbers(theirs), strict=True)]
    assert found and all(torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in found)


def test_the_distance_is_that_of_the_two_pictures_and_no_limit_is_known(tiny, pixels, here, saved):
    story = given(tiny, saved, pixels)
    hit, mine = story.result(Attack()), here.result(Attack())
    assert (hit.linf(), hit.l2()) == (mine.linf(), mine.l2()) and math.isnan(hit.epsilon)
    assert torch.equal(hit.known_before.logits, mine.known_before.logits) and hit.fooled == mine.fooled
    assert not hit.steps and not hit.made_here and mine.made_here and not hit.erased and not hit.cut
    assert torch.equal(hit.change, mine.change)


def test_no_attack_is_made_whatever_its_settings_say(tiny, pixels, saved):
    other = Settings(attack=AttackSettings(attack="fgsm", epsilon=1 / 255))
    keys = {given(tiny, saved, pixels, settings=s).key(Attack()) for s in (SETTINGS, other)}
    assert len(keys) == 1 and given(tiny, saved, label=2).key(Attack()) not in keys
    assert given(tiny, saved).key(Attack()) not in keys  # nothing is known of the clean one


@pytest.mark.parametrize(
    "request_",
    [
        Map(CLEAN), Map(NOISE), Guide(CLEAN), Heads(CLEAN), Words(CLEAN), Curves(), Shown(picture=CLEAN),
        Views("", CLEAN), Control(),
    ],
    ids=repr,
)  # fmt: skip
def test_what_needs_an_unknown_clean_picture_is_refused_before_anything_is_computed(tiny, saved, request_):
    story = given(tiny, saved)
    with pytest.raises(engine.EngineError, match="its clean one is not known"):
        story.result(request_)
    assert Attack() not in story


def test_an_unknown_clean_picture_has_no_answer_no_distance_and_no_change(tiny, saved):
    hit = given(tiny, saved, label=None).result(Attack())
    assert hit.clean is None and hit.before is None and not hit.right_before
    assert math.isnan(hit.linf()) and math.isnan(hit.l2())
    for asked in ("known_clean", "known_before", "change"):
        with pytest.raises(engine.EngineError, match="not known"):
            getattr(hit, asked)
    assert hit.label == hit.after_saved.label and not hit.from_truth
    data = json.loads(json.dumps(attack_data(hit), allow_nan=False))
    assert data["before"] is data["norms"] is data["epsilon"] is None and data["clean_known"] is False


def test_without_a_true_class_maps_of_an_unknown_picture_are_about_its_answer(tiny, saved):
    story = given(tiny, saved, label=None)
    assert story.result(Map(ATTACKED)).label == story.result(Clean()).label == story.result(Attack()).after_saved.label
    drawn = story.result(Map(ATTACKED))
    assert maps_data([(None, drawn)])[0]["clean"] is None


def test_a_story_of_a_given_picture_is_told_without_what_is_not_known(tiny, pixels, saved):
    names = [event.name for event in engine.explore(tiny, pixels, CLASSES, SETTINGS, 1, attacked=saved)]
    assert names == [
        "clean", "attacked", "map-clean", "map-attacked", "views", "tune-step", "tune-step", "ensemble", "defence",
    ]  # fmt: skip
    unknown = [event.name for event in engine.explore(tiny, None, CLASSES, SETTINGS, 1, attacked=saved)]
    assert unknown == [name for name in names if "clean" not in name]
    with pytest.raises(engine.EngineError, match="got none"):
        next(engine.explore(tiny, None, CLASSES, SETTINGS))


def test_pixels_of_another_range_are_refused(tiny, pixels, saved):
    with pytest.raises(engine.EngineError):
        given(tiny, 255 * saved, pixels).result(Attack())
    with pytest.raises(engine.EngineError):
        given(tiny, saved, pixels[:, :-1]).result(Attack())


def test_it_costs_an_answer_for_each_picture_that_is_known(tiny, pixels, saved):
    costs = [Attack().passes(tiny, given(tiny, saved, clean).recipe).forward for clean in (pixels, None)]
    assert costs == [2, 1]


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def levels():
    return np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def opened(tmp_path, levels, name, **options):
    Image.fromarray(levels).save(tmp_path / name, **options)
    return engine.load_picture(tmp_path / name)


@pytest.mark.parametrize("name", ["x.png", "x.bmp", "x.tif"])
def test_an_exact_file_of_the_models_size_keeps_every_value(tiny, tmp_path, levels, name):
    picture = opened(tmp_path, levels, name)
    assert not lost_in_reading(picture, tiny.image_size)
    seen = (tiny.prepare(picture.image) * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(seen, levels)


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("x.jpg", {}, "a JPEG, which need not keep every value"),
        ("x.webp", {}, "a WEBP, which need not"),
        ("x.tif", {"compression": "jpeg"}, "a TIFF, which need not"),
        ("x.png", {"icc_profile": b"odd"}, "its colour profile was converted"),
    ],
)
def test_a_file_that_may_have_lost_the_attack_says_why(tmp_path, levels, name, options, why):
    assert why in lost_in_reading(opened(tmp_path, levels, name, **options), 64)


def test_a_file_of_another_size_or_altered_in_reading_says_so(tmp_path, levels):
    assert "has 64 × 64 pixels and is fitted to the model's 224 × 224" in lost_in_reading(
        opened(tmp_path, levels, "x.png"), 224
    )
    clear = np.dstack([levels, np.full((64, 64), 128, np.uint8)])
    assert "altered in reading" in lost_in_reading(opened(tmp_path, clear, "x.png"), 64)


def test_two_files_that_are_hardly_one_picture_are_told(tmp_path):
    assert far_apart((32, 32), (32, 32), 64 / 255) == ""
    assert "65/255 apart, further than any limit here (64/255)" in far_apart((32, 32), (32, 32), 65 / 255)
    assert "640 × 480 pixels and the attacked one 32 × 32" in far_apart((640, 480), (32, 32), 0.0)
    both = far_apart((640, 480), (32, 32), 1.0)
    assert "640 × 480 pixels" in both and "255/255 apart" in both


# -- command line ------------------------------------------------------------------------------------------------------

SAMPLE = engine.ASSETS / "samples" / "bird-1.png"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the PNG of an attack on a sample, and what the command said of it."""
    folder = tmp_path_factory.mktemp("made")
    assert main(["attack", str(SAMPLE), "--eps", "8", "--steps", "2", "--out", str(folder), "--device", "cpu"]) == 0
    return folder / "adversarial.png", json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize("command", ["predict", "maps", "defend"])
def test_commands_take_a_picture_as_attacked_with_its_clean_one(capsys, made, command):
    path, before = made
    few = ["--views", "4", "--defence", "clip"] if command == "defend" else []
    given = [command, str(path), "--clean", str(SAMPLE), "--json", "--device", "cpu"]
    assert main([*given, *few]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["attack"]["norms"]["8_bits"] == before["attack"]["norms"]["8_bits"]
    assert told["attack"]["after_saved"] == before["attack"]["after_saved"] and told["clean"] == str(SAMPLE)
    assert told["truth"] == before["truth"]  # of the sample that the clean one is
    assert "448 × 448 pixels and the attacked one 112 × 112" in told["notes"][0]


def test_commands_make_up_nothing_about_an_unknown_clean_picture(capsys, made, tmp_path):
    asked = ["--class", "red bird", "--class", "blue bird", "--device", "cpu", "--out", str(tmp_path / "out")]
    assert main(["maps", str(made[0]), "--clean", "unknown", "--words", "--curves", *asked]) == 0
    said = capsys.readouterr().out
    assert "there is no clean answer, no distance and no clean map" in said and "as given" in said
    assert "clean map against" not in said and "largest change" not in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "adversarial.png", "map-a-tpt-attacked.png", "result.json",
    }  # fmt: skip
    kept = json.loads((tmp_path / "out" / "result.json").read_text())
    assert kept["maps"][0]["clean"] is None and "similarity" not in kept["maps"][0]
    assert set(kept["maps"][0]["curves"]) == {"attacked"} and "clean" not in kept["words"]


@pytest.mark.parametrize(("option", "refused"), [("--eps", True), ("--steps", True), ("--seed", False)])
def test_options_of_an_attack_are_refused_for_a_picture_that_is_attacked(capsys, made, option, refused):
    few = ["--views", "4", "--defence", "clip", "--device", "cpu"]
    code = main(["defend", str(made[0]), "--clean", str(SAMPLE), option, "4", *few])
    assert (f"{option} would do nothing" in capsys.readouterr().err, bool(code)) == (refused, refused)
