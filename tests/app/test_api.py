"""What calls of the API leave behind: on samples what they share with the page, on other pictures nothing."""

import asyncio

import gradio as gr
import pytest
from PIL import Image

import engine
from app.api import ATTACK, Api
from app.models import Models
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.parts import Account
from engine.story import Budget, Results

FGSM = dict.fromkeys(ATTACK) | {"attack": "fgsm", "eps": 4.0}  # and the usual for all others


@pytest.fixture
def results() -> Results:
    return Results()


@pytest.fixture
def api(tiny, results) -> Api:
    """Endpoints of a page with three samples."""

    async def build():
        with gr.Blocks():
            sources = PictureSources(tiny, load_samples(engine.ASSETS / "samples")[:3])
            return Api(Models(tiny), sources, results, Budget())

    return asyncio.run(build())


def asked(path, **more) -> dict:
    """What a call asks about the file."""
    names = ["red fish", "blue fish", "green fish"]
    picture = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    return {"picture": picture, "class_names": names, "template": "art of a {}.", "true_class": "blue fish"} | more


def account(api, number: int) -> Account:
    """A caller at an address."""
    return Account(f"address 127.0.0.{number}", api.results.turns, api.budget)


def test_what_is_computed_on_a_sample_is_computed_once_for_all_callers(api, results):
    sample = asked(api.sources.samples[1].path, **FGSM)
    first = api.attack(account(api, 1), sample)[0]
    held = results.bytes
    assert held and api.attack(account(api, 2), sample)[0] == first and results.bytes == held
    api.attack(account(api, 2), sample | {"eps": 8.0})
    assert results.bytes > held


def test_what_is_computed_on_another_picture_is_kept_nowhere(api, results, tmp_path):
    Image.new("RGB", (80, 60), "teal").save(tmp_path / "mine.png")
    answered = api.attack(account(api, 1), asked(tmp_path / "mine.png", **FGSM))[0]
    assert answered["attack"]["attack"] == "fgsm" and not results.bytes


def test_a_sample_that_the_page_does_not_offer_is_another_picture(api, results):
    path = load_samples(engine.ASSETS / "samples")[3].path
    assert api.predict(account(api, 1), asked(path))["prediction"] and not results.bytes


def test_a_sample_is_read_once_for_everybody_and_anew_for_another_model(api, tiny, small):
    sources = api.sources
    assert sources.sample(1) is sources.sample(1) is sources.on(tiny).sample(1)
    assert sources.on(small).sample(1) is not sources.sample(1)


def test_a_call_may_say_how_the_picture_is_fitted(api, tiny, tmp_path):
    wide = Image.new("RGB", (160, 40), "sienna")
    wide.paste("royalblue", (0, 0, 40, 40))
    wide.save(tmp_path / "wide.png")
    classes = engine.Classes(("red fish", "blue fish", "green fish"), ("art of a {}.",))
    answers = []
    for how in ({"frame": 0.0}, {"fit": "squash"}, {}):
        found = api.predict(account(api, 1), asked(tmp_path / "wide.png", **how))["prediction"]
        pixels = tiny.prepare(wide, engine.PictureSettings(**how))
        assert found["logits"] == engine.predict(tiny, pixels, classes).logits.tolist()
        answers.append(found["logits"])
    assert answers[0] != answers[1] != answers[2]


def test_a_call_may_give_a_picture_that_was_attacked_elsewhere(api, tiny, results):
    sample = api.sources.samples[1].path
    numbers, file = api.attack(account(api, 1), asked(sample, **FGSM))
    shared = results.bytes
    clean = {"path": str(sample), "meta": {"_type": "gradio.FileData"}}
    given = asked(file.path, about="", against="")
    told = api.maps(account(api, 1), given | {"clean_picture": clean})
    assert told["attack"]["norms"]["8_bits"] == pytest.approx(numbers["attack"]["norms"]["8_bits"])
    assert told["attack"]["clean_known"] and told["maps"][0]["clean"] and told["attack"]["attack"] == ""
    unknown = api.maps(account(api, 1), given | {"attacked": True})
    assert unknown["maps"][0]["clean"] is None and unknown["attack"]["before"] is None
    assert unknown["maps"][0]["attacked"] == told["maps"][0]["attacked"]
    answer = api.predict(account(api, 1), given | {"attacked": True})
    assert answer["prediction"] == answer["attack"]["after_saved"] == unknown["attack"]["after_saved"]
    assert results.bytes == shared  # kept for nobody


def test_whether_a_picture_was_attacked_is_true_or_false(api):
    with pytest.raises(engine.EngineError, match="attacked"):
        api.predict(account(api, 1), asked(api.sources.samples[1].path, attacked="yes"))


def test_a_call_may_average_several_sentences(api, tiny):
    path, classes = api.sources.samples[1].path, ("red fish", "blue fish", "green fish")
    pixels = api.sources.sample(1).shown.pixels
    for chosen, more in (("model", tiny.templates), ("imagenet-80", engine.datasets.imagenet_templates()), ("", ())):
        answered = api.predict(account(api, 1), asked(path, prompt_ensemble=chosen))["prediction"]
        sentences = tuple(dict.fromkeys(("art of a {}.", *more)))
        assert answered["logits"] == engine.predict(tiny, pixels, engine.Classes(classes, sentences)).logits.tolist()
    with pytest.raises(engine.EngineError, match="got “seven”"):
        api.predict(account(api, 1), asked(path, prompt_ensemble="seven"))


def test_predict_reads_its_answer_with_a_threshold(api):
    sample = asked(api.sources.samples[1].path)
    plain = api.predict(account(api, 1), sample)
    read = api.predict(account(api, 1), sample | {"none_of_these": True, "none_below": 1.0})
    best = max(plain["prediction"]["cosines"])
    assert plain["none_of_these"] is None and read["prediction"] == plain["prediction"]
    assert read["none_of_these"] == {"answered": True, "best_cosine": pytest.approx(best), "threshold": 1.0}
