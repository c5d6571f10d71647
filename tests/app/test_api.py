"""What calls of the API leave behind: on samples what they share with the page, on other pictures nothing."""

import asyncio
import json
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

import engine
from app.api import ATTACK, MAPS, RECORD, STORY, Api
from app.models import Models
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.parts import Account
from engine.cli.main import main
from engine.story import Budget, Results

RECORDED = dict.fromkeys(RECORD) | {"attack": "fgsm", "eps": 4.0, "views": 8, "defences": ["clip"]}
FGSM = dict.fromkeys(ATTACK) | {"attack": "fgsm", "eps": 4.0}  # and the usual for all others


@pytest.fixture
def results() -> Results:
    return Results()


def endpoints(backbone: engine.Backbone, models: Models, results: Results) -> Api:
    """What those of a page with three samples do; that they are offered to Gradio is looked at below and served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "_offer", lambda *_: None)  # a quarter of a second
        sources = PictureSources(backbone, load_samples(engine.ASSETS / "samples")[:3])
        return Api(models, sources, results, Budget())


@pytest.fixture
def api(tiny, results) -> Api:
    """Endpoints for the tiny model."""
    return endpoints(tiny, Models(tiny), results)


@pytest.fixture
def fieldguide_api(results) -> Api:
    """Endpoints for the built-in model, which knows what it knows."""
    backbone = engine.load_backbone(device="cpu")
    return endpoints(backbone, Models(backbone), results)


@pytest.fixture
def two_models(tiny, small, results, monkeypatch) -> tuple[Api, engine.Backbone]:
    """Endpoints for the tiny model, of a page that has another in memory under the name “small”."""
    models = Models(tiny, free=True)
    monkeypatch.setattr(models, "_load", {"small": small}.__getitem__)
    models.backbone("small")
    return endpoints(tiny, models, results), small


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
    none = api.predict(account(api, 1), given | {"attacked": True, "none_of_these": True, "none_below": 1.0})
    assert answer["none_of_these"] is None and none["none_of_these"]["answered"]
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


def test_every_part_of_the_story_says_whether_the_model_knows_such_pictures(fieldguide_api, tmp_path):
    api = fieldguide_api
    path, own = api.sources.samples[1].path, {"template": "a photo of a {}."}
    quick = asked(path, about="", against="") | dict.fromkeys((*MAPS, *STORY)) | own
    quick |= {"attack": "fgsm", "views": 8, "defences": ["clip"]}
    known = api.predict(account(api, 1), asked(path, **own))["familiarity"]
    assert known["accepted"]
    attacked, file = api.attack(account(api, 1), quick)
    told = [attacked, api.maps(account(api, 1), quick), api.defend(account(api, 1), quick)]
    assert [answer["familiarity"] for answer in told] == [known] * 3
    elsewhere = api.predict(account(api, 1), asked(file.path, attacked=True, **own))
    assert elsewhere["familiarity"].keys() == known.keys()


SWEPT = dict.fromkeys(STORY) | {"steps": 1, "views": 8, "defences": ["clip", "view-average"], "eps": None, "seed": 4}


@pytest.mark.slow
def test_a_sweep_has_the_names_and_numbers_of_the_command(fieldguide_api, capsys):
    sample = fieldguide_api.sources.samples[0]
    names = list(fieldguide_api.sources.sample(0).names)
    given = asked(sample.path, **SWEPT, template="a photo of a {}.", seeds=2)
    given |= {"class_names": names, "true_class": names[0]}
    found = fieldguide_api.sweep(account(fieldguide_api, 1), given)
    words = ["sweep", str(sample.path), "--seeds", "2", "--steps", "1", "--views", "8", "--seed", "4", "--json"]
    words += ["--true-class", names[0], "--defence", "clip", "--defence", "view-average"]
    assert main([*words, "--device", "cpu", *(word for name in names for word in ("--class", name))]) == 0
    told = json.loads(capsys.readouterr().out)
    assert found.keys() == {"points", "levels", "familiarity"} and found["familiarity"]["accepted"]
    assert len(found["points"]) == 12 and len(found["levels"]) == 12
    for name in ("points", "levels"):
        assert json.loads(json.dumps(found[name])) == told[name]


@pytest.mark.slow
def test_places_have_the_names_and_numbers_of_the_command(fieldguide_api, capsys):
    sample = fieldguide_api.sources.samples[0]
    names = list(fieldguide_api.sources.sample(0).names)
    given = asked(sample.path, **SWEPT, template="a photo of a {}.") | {"class_names": names, "true_class": names[0]}
    found = fieldguide_api.places(account(fieldguide_api, 1), given)
    words = [
        "places",
        str(sample.path),
        "--steps",
        "1",
        "--views",
        "8",
        "--seed",
        "4",
        "--json",
        "--true-class",
        names[0],
    ]
    assert main([*words, "--device", "cpu", *(word for name in names for word in ("--class", name))]) == 0
    told = json.loads(capsys.readouterr().out)
    assert json.loads(json.dumps(found["places"])) == told["places"] and found["familiarity"]["accepted"]
    assert len(told["places"]["views"]) == 8 and told["places"]["classes"][0] == names[0]


@pytest.mark.slow
def test_a_transfer_has_the_names_and_numbers_of_the_command(fieldguide_api, capsys):
    sample = fieldguide_api.sources.samples[0]
    names = list(fieldguide_api.sources.sample(0).names)[:4]
    given = asked(sample.path, **FGSM, template="a photo of a {}.", answer_with=["fieldguide@168"])
    found = fieldguide_api.transfer(account(fieldguide_api, 1), given | {"class_names": names, "true_class": names[0]})
    words = ["transfer", str(sample.path), "--answer-with", "fieldguide@168", "--attack", "fgsm", "--eps", "4"]
    words += ["--json", "--true-class", names[0], "--device", "cpu"]
    assert main([*words, *(word for name in names for word in ("--class", name))]) == 0
    told = json.loads(capsys.readouterr().out)["transfer"]
    assert json.loads(json.dumps(found["transfer"])) == told and found["familiarity"]["accepted"]
    assert [*told["answered_by"]] == ["fieldguide", "fieldguide@168"]


@pytest.mark.parametrize("names", [[], ["tiny"], ["a", "a"], [str(n) for n in range(5)]])
def test_who_answers_are_others_each_once_and_not_too_many(api, names):
    with pytest.raises(engine.EngineError, match="1 to 4 models, each another and none of them tiny"):
        api.transfer(account(api, 1), asked(api.sources.samples[1].path, **FGSM, answer_with=names))


@pytest.mark.parametrize("names", ["fieldguide@168", None, [3]])
def test_who_answers_are_a_list_of_names(api, names):
    with pytest.raises(engine.EngineError, match="answer_with to be a list of names of models"):
        api.transfer(account(api, 1), asked(api.sources.samples[1].path, **FGSM, answer_with=names))


@pytest.mark.slow
def test_the_lens_has_the_names_and_numbers_of_the_command(fieldguide_api, capsys):
    sample, names = fieldguide_api.sources.samples[0], list(fieldguide_api.sources.sample(0).names)
    given = asked(sample.path, **SWEPT, template="a photo of a {}.", lens="values")
    found = fieldguide_api.lens(account(fieldguide_api, 1), given | {"class_names": names, "true_class": names[0]})
    words = ["lens", str(sample.path), "--steps", "1", "--seed", "4", "--lens", "values", "--true-class", names[0]]
    words += ["--device", "cpu", *(word for name in names for word in ("--class", name))]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert json.loads(json.dumps(found["lens"])) == told["lens"] and found["familiarity"]["accepted"]
    assert [one["layer"] for one in told["lens"]["layers"]] == [1, 2, 3, 4, 5, 6]
    assert main(words) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert sum(row[:2] == ["null", "arm"] for row in rows) == 6 and ["1", "clean"] in [row[:2] for row in rows]


@pytest.mark.parametrize("seeds", [0, 11, 1.5, True, "3", None])
def test_a_sweep_of_no_seeds_or_too_many_is_refused_in_a_sentence(api, seeds):
    sample = asked(api.sources.samples[1].path, **SWEPT, seeds=seeds)
    with pytest.raises(engine.EngineError, match="seeds to be a whole number from 1 to 10; got"):
        api.sweep(account(api, 1), sample)


def test_a_call_may_name_a_model_and_the_page_stays_with_its_own(two_models, tmp_path):
    api, small = two_models
    sample = asked(api.sources.samples[1].path, **FGSM)
    mine = api.attack(account(api, 1), sample)[0]["attack"]
    held = api.results.bytes
    theirs = api.attack(account(api, 1), sample | {"model": "small"})[0]["attack"]
    pixels = small.prepare(engine.load_picture(api.sources.samples[1].path).image)
    classes = engine.Classes(tuple(sample["class_names"]), ("art of a {}.",))
    *_, hit = engine.attack(small, pixels, classes, engine.AttackSettings("fgsm", epsilon=4 / 255), 1)
    assert theirs["after_saved"]["logits"] == pytest.approx(hit.after_saved.logits.tolist(), abs=1e-3)
    assert theirs["after_saved"]["logits"] != pytest.approx(mine["after_saved"]["logits"], abs=1e-3)
    assert api.results.bytes == held and api.models.first.name == "tiny"
    record = api.evaluate_one(account(api, 1), sample | RECORDED | {"model": "small"})
    answer = engine.predict(small, pixels, classes)
    assert record["arms"]["clean"]["clip"]["answer"] == answer.name
    assert record["arms"]["clean"]["clip"]["confidence"] == pytest.approx(answer.confidence, abs=1e-4)


@pytest.mark.parametrize(("name", "said"), [("dragon", "does not offer the model “dragon”"), (7, "model to be text")])
def test_a_model_that_the_page_does_not_offer_is_refused_in_a_sentence(api, name, said):
    with pytest.raises(engine.EngineError, match=said):
        api.predict(account(api, 1), asked(api.sources.samples[1].path, model=name))


def test_a_fault_of_the_server_is_said_in_a_sentence(tiny, results, monkeypatch):
    async def build():
        with gr.Blocks() as page:
            Api(Models(tiny), PictureSources(tiny, ()), results, Budget())
        return page

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Api, "predict", fail)
    page = asyncio.run(build())
    endpoint = next(one for one in page.fns.values() if one.api_name == "fail")
    request = gr.Request(client=SimpleNamespace(host="127.0.0.1"))
    with pytest.raises(gr.Error, match="Something went wrong here that is not your doing"):
        endpoint.fn(request, *endpoint.inputs)
