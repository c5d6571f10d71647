"""The API of the served page, used as its users do: what it answers is what the engine computes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import engine

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"
ENDPOINTS = {
    "/predict", "/attack", "/maps", "/lens", "/defend", "/survive", "/detect", "/transfer", "/places", "/sweep",
    "/evaluate_one",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample():
    return json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))[0]


@pytest.fixture(scope="module")
def backbone():
    return engine.load_backbone()


@pytest.fixture(scope="module")
def asked(backbone, sample):
    """The sample's pixels, its classes and its true label."""
    classes = engine.Classes(tuple(sample["classes"]))
    pixels = backbone.prepare(engine.load_picture(SAMPLES / sample["file"]).image)
    return pixels, classes, classes.index(sample["truth"])


@pytest.fixture(scope="module")
def call(address, sample):
    """Calls one endpoint about the sample; every other argument is the caller's."""
    client = Client(address, verbose=False)

    def calling(name, **arguments):
        asked = {"picture": handle_file(SAMPLES / sample["file"]), "class_names": sample["classes"]}
        return client.predict(**asked | arguments, api_name=name)

    yield calling
    client.close()


def test_the_api_lists_its_endpoints_and_nothing_else(address):
    client = Client(address, verbose=False)
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS
    client.close()


def test_every_argument_has_its_name_what_it_may_be_and_an_example(address):
    client = Client(address, verbose=False)
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    client.close()
    known = engine.parameters.parameters()
    for name, endpoint in endpoints.items():
        assert [one["label"] for one in endpoint["returns"]][0] == "numbers"
        for one in endpoint["parameters"]:
            word, said = one["parameter_name"], one["python_type"]["description"]
            assert one["label"] == word and len(said) > 10, (name, word)
            assert "Example: " in said or word == "clean_picture", (name, word)
            if word in known:
                low, high = known[word].bounds
                bounded = known[word].kind in (int, float) and high < 10**6
                assert not bounded or f"({low:g} to {high:g})" in said, (name, word)
                assert all(choice in one["python_type"]["type"] for choice in known[word].choices), (name, word)
    (eps,) = (one for one in endpoints["/attack"]["parameters"] if one["parameter_name"] == "eps")
    assert "levels of 1/255 with linf" in eps["python_type"]["description"]


def test_the_page_of_the_api_says_what_each_argument_is_and_not_where_gradio_has_it(context, address):
    page = context.new_page()  # of its own: Gradio asks there for two routes that this page does not have
    page.goto(address)
    page.get_by_text("Use via API").first.click()
    page.locator(".api-docs .desc").get_by_text("an image file, as handle_file(PATH)").first.wait_for()
    assert "provided in the" not in page.inner_text(".api-docs")
    assert "picture=handle_file('https://" in page.inner_text(".api-docs")
    page.close()


def test_predict_answers_as_the_engine(call, backbone, asked):
    pixels, classes, _ = asked
    found = call("/predict")
    told = found["prediction"]
    assert found["familiarity"] == call("/attack", attack="fgsm")[0]["familiarity"]
    assert told["logits"] == pytest.approx(engine.predict(backbone, pixels, classes).logits.tolist(), abs=1e-4)


def test_attack_returns_the_exact_picture(call, backbone, asked, sample):
    pixels, classes, label = asked
    told, file = call("/attack", true_class=sample["truth"], steps=3)
    *_, hit = engine.attack(backbone, pixels, classes, engine.AttackSettings(steps=3), label)
    saved = torch.from_numpy(np.asarray(Image.open(file)).copy()).permute(2, 0, 1) / 255
    assert torch.allclose(saved, hit.saved, atol=1e-6)
    assert told["attack"]["after_saved"]["name"] == hit.after_saved.name


def test_attack_keeps_to_the_norm_and_heads_for_the_target_that_are_named(call, backbone, asked, sample):
    pixels, classes, label = asked
    target = next(name for name in classes.names if name != sample["truth"])
    named = {"true_class": sample["truth"], "steps": 2, "norm": "l2", "eps": 1.5, "target": target}
    told, _ = call("/attack", **named)
    settings = engine.AttackSettings(epsilon=1.5, steps=2, norm="l2", target=classes.index(target))
    *_, hit = engine.attack(backbone, pixels, classes, settings, label)
    assert told["attack"]["after_saved"]["logits"] == pytest.approx(hit.after_saved.logits.tolist(), abs=1e-3)
    told, _ = call("/attack", attack="adaptive", target_defence="clip", steps=1)
    *_, hit = engine.attack(
        backbone, pixels, classes, engine.AttackSettings("adaptive", steps=1, target_defence="clip")
    )
    assert told["attack"]["after_saved"]["logits"] == pytest.approx(hit.after_saved.logits.tolist(), abs=1e-3)


def test_maps_are_those_of_the_engine(call, backbone, asked, sample):
    pixels, classes, label = asked
    told = call("/maps", true_class=sample["truth"], steps=1, map="rollout")
    expected = engine.attend(backbone, pixels, classes, engine.AttentionSettings("rollout"), label)
    assert np.allclose(told["maps"][0]["clean"]["raw"], expected.raw, atol=1e-5)


def test_maps_are_about_the_class_that_is_named_and_against_the_other(call, backbone, asked, sample):
    pixels, classes, label = asked
    about, against = next(name for name in classes.names if name != sample["truth"]), sample["truth"]
    (told,) = call("/maps", true_class=sample["truth"], steps=1, about=about, against=against)["maps"]
    expected = engine.attend(backbone, pixels, classes, engine.AttentionSettings(), about, against)
    assert np.allclose(told["clean"]["raw"], expected.raw, atol=1e-5)
    assert (told["clean"]["label"], told["clean"]["against"]) == (classes.index(about), label)


@pytest.mark.parametrize("attack", [{}, {"norm": "l2", "eps": 1.5}])
def test_defend_and_evaluate_one_agree_on_what_each_defence_says(call, sample, attack):
    asked = {"true_class": sample["truth"], "steps": 3, "views": 8, "defences": ["clip", "r-tpt"]} | attack
    story, record = call("/defend", **asked), call("/evaluate_one", **asked)
    told = {entry["defence"]: entry["prediction"] for entry in story["defences"]}
    assert record["truth"] == sample["truth"] and story["attack"]["norm"] == asked.get("norm", "linf")
    (arm,) = (arm for arm in record["arms"] if arm != "clean")
    for defence, answer in record["arms"][arm].items():
        assert answer["answer"] == told[defence]["name"]
        assert answer["confidence"] == pytest.approx(told[defence]["confidence"], abs=1e-5)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"picture": "/etc/hostname"}, "uploaded as a file"),
        ({"picture": {"path": "/etc/hostname"}}, "uploaded as a file"),
        ({"class_names": ["one"]}, "at least two class names"),
        ({"class_names": "red fish"}, "a list of names"),
        ({"class_names": ["red zebra", "blue fish"]}, "zebra"),
        (
            {"class_names": ["red fish?", "blue fish", "red fish!"]},
            "number 1 is “red fish.”, number 3",
        ),
        ({"template": "no place"}, "exactly one {}"),
        ({"template": "a photo of a {{}}."}, "no other braces"),
        ({"template": "a {photo} of a {}"}, "no other braces"),
        ({"eps": "four"}, "eps to be a number"),
        ({"eps": 400}, "between 0 and 64 levels of 1/255; got 400"),
        ({"eps": 400, "norm": "l2"}, "between 0 and 64 units of length"),
        ({"model": "dragon"}, "dragon"),
        ({"steps": 1.5}, "steps to be a whole number"),
        ({"attack": "magic"}, "magic"),
        ({"norm": "l7"}, "one of linf, l2"),
        ({"target": "magic"}, "not one of the 40 class names"),
        ({"target_defence": "magic"}, "goes through to be one of clip"),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(call, wrong, sentence):
    with pytest.raises(AppError, match=sentence):
        call("/attack", **wrong)
