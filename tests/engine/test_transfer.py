"""An attack that was made on one model, shown to another: what it is shown, what it answers, and how that ends."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.cli.main import main
from engine.models import Backbone
from engine.results import Prediction
from engine.settings import AttackSettings, PictureSettings, Settings
from engine.story import (
    Answers,
    Asked,
    Attack,
    Clean,
    Control,
    Picture,
    Recipe,
    Story,
    Transfer,
    handed_on,
    transfer_data,
    transfer_of,
)
from engine.story.handing_on import as_seen
from engine.story.transfer import HELD, MISSED, NOISY, SPOILT, TRANSFERRED, TURNED, outcome
from tests.fixtures import noise

CLASSES = engine.Classes(("red fox", "owl", "sea star"))
SETTINGS = Settings(attack=AttackSettings(steps=2, epsilon=16 / 255))


@pytest.fixture(scope="module")
def perturbed(small) -> Backbone:
    """The small model with other weights, as a second training would give."""
    torch.manual_seed(1)
    moved = small.copied("cpu")
    for weight in moved.model.parameters():
        weight.data.add_(0.02 * torch.randn_like(weight))
    return moved.with_model(moved.model, "perturbed")


@pytest.fixture(scope="module")
def story(small) -> Story:
    return Story(small, Recipe(Picture(noise(32), "a visitor's"), CLASSES, 1, SETTINGS))


def answer(label: int) -> Prediction:
    return Prediction(CLASSES, torch.eye(3)[label])


RIGHT, WRONG = answer(1), answer(0)


@pytest.mark.parametrize(
    ("fooled", "clean", "attacked", "null", "ends"),
    [
        (True, RIGHT, RIGHT, RIGHT, HELD),
        (True, RIGHT, WRONG, RIGHT, TRANSFERRED),
        (True, RIGHT, WRONG, None, TRANSFERRED),
        (False, RIGHT, RIGHT, RIGHT, MISSED),
        (False, RIGHT, WRONG, RIGHT, TURNED),
        (True, WRONG, WRONG, RIGHT, SPOILT),
        (False, WRONG, RIGHT, RIGHT, SPOILT),
        (True, RIGHT, WRONG, WRONG, NOISY),
        (False, RIGHT, WRONG, WRONG, NOISY),
        (True, RIGHT, RIGHT, WRONG, HELD),
    ],
)
def test_how_it_ends_with_another_model(fooled, clean, attacked, null, ends):
    assert outcome(1, fooled, Asked("other", 32, clean, attacked, null)) == ends


def test_the_attack_is_judged_by_the_model_that_it_was_made_on():
    fooled, held = (Asked("own", 32, RIGHT, one, RIGHT) for one in (WRONG, RIGHT))
    other = Asked("other", 64, RIGHT, WRONG, RIGHT)
    assert Transfer(1, True, (fooled, other)).outcome(other) == TRANSFERRED
    calm = Transfer(1, True, (held, other))
    assert (calm.fooled, calm.outcome(held), calm.outcome(other), calm.resized(other)) == (False, MISSED, TURNED, True)


def test_another_model_of_the_same_size_answers_about_the_very_same_pixels(story, perturbed):
    found = transfer_of(story, [perturbed])
    own, other = found.asked
    hit = story.result(Attack())
    assert own.clean is hit.before and own.attacked is hit.after_saved and own.noise is story.result(Control())
    null = engine.baselines.sign_noise(hit.clean, hit.per_channel, SETTINGS.attack.seed)
    for pixels, seen in ((hit.clean, other.clean), (hit.saved, other.attacked), (null, other.noise)):
        assert torch.allclose(seen.logits, engine.predict(perturbed, pixels, CLASSES).logits, atol=1e-4)
        assert torch.allclose(as_seen(perturbed, pixels), pixels, atol=1e-6)  # in 8 bits already
    assert not torch.allclose(other.clean.logits, own.clean.logits, atol=0.1) and not found.resized(other)


def test_another_size_is_resized_as_that_model_resizes_any_picture(story, tiny):
    hit = story.result(Attack())
    levels = (hit.saved * 255).round().byte().permute(1, 2, 0).numpy()
    expected = tiny.prepare(Image.fromarray(np.ascontiguousarray(levels)), PictureSettings())
    found = transfer_of(story, [tiny])
    assert torch.allclose(found.asked[1].attacked.logits, engine.predict(tiny, expected, CLASSES).logits, atol=1e-4)
    assert found.resized(found.asked[1]) and found.asked[1].size == 64


def test_what_is_asked_is_found_again_and_by_nobody_else(story, perturbed):
    asked, request = handed_on(story, perturbed)
    again, same = handed_on(story, perturbed)
    assert asked.key(request) == again.key(same) and asked.results is story.results
    assert request.cost(perturbed, asked.recipe) == 3
    public = Story(story.backbone, Recipe(Picture(noise(32)), CLASSES, 1, SETTINGS), story.results)
    other, unsalted = handed_on(public, perturbed)
    assert other.key(unsalted) != asked.key(request)
    assert asked.key(Answers(request.pictures[:1])) != asked.key(request)


def test_nothing_changed_has_no_noise_and_fools_nobody(small, perturbed):
    calm = Settings(attack=AttackSettings(epsilon=0.0))
    story = Story(small, Recipe(Picture(noise(32)), CLASSES, None, calm))
    found = transfer_of(story, [perturbed])
    assert found.asked[1].noise is None and not found.from_truth
    assert found.label == story.result(Clean()).label and found.outcome(found.asked[0]) == MISSED


def test_a_picture_that_was_attacked_elsewhere_is_refused(story, perturbed):
    picture = story.recipe.picture
    given = Story(story.backbone, Recipe(picture, CLASSES, 1, SETTINGS, Picture(noise(32, 3))))
    with pytest.raises(engine.EngineError, match="attacked elsewhere"):
        handed_on(given, perturbed)


def test_plain_data_tells_every_model_s_answers(story, tiny):
    found = transfer_of(story, [tiny])
    (row,) = transfer_data([found])
    assert row["made_on"] == "small" and row["away_from"] == "owl" and row["from_truth"]
    assert [*row["answered_by"]] == ["small", "tiny"]
    told = row["answered_by"]["tiny"]
    assert (told["image_size"], told["resized"], told["outcome"]) == (64, True, found.outcome(found.asked[1]))
    assert told["attacked"]["lead"] == found.asked[1].attacked.lead(1)
    assert json.loads(json.dumps(row)) == row


def test_the_command_lets_other_models_answer(small_model, model, tmp_path, capsys):
    Image.fromarray((noise(32).permute(1, 2, 0) * 255).byte().numpy()).save(tmp_path / "a.png")
    words = ["transfer", str(tmp_path / "a.png"), "--model", small_model, "--answer-with", model]
    words += ["--class", "red fox", "--class", "owl", "--steps", "2", "--eps", "16"]
    assert main([*words, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["transfer"]
    assert row["made_on"] == small_model and [*row["answered_by"]] == [small_model, model]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "which weakens an attack" in " ".join(out.split()) and out.count(small_model) >= 2
    assert "in the null arm, which is as much random noise." in " ".join(out.split())
    assert main([*words, "--attack", "patch"]) == 0
    assert "in the null arm, which is random pixels in the same place." in " ".join(capsys.readouterr().out.split())


def test_the_command_needs_another_model_that_answers(capsys):
    sample = "assets/samples/bird-1.png"
    assert main(["transfer", sample, "--answer-with", "fieldguide"]) == 2
    assert "another model than fieldguide" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["transfer", sample])
    assert "--answer-with" in capsys.readouterr().err
