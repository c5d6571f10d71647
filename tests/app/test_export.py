"""What leaves the page: a link that restores it, and a ZIP from which everything can be computed again."""

import io
import json
import runpy
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH
from app.export import link, report
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.state.found import Found
from engine.cli.main import main
from engine.story import Results
from tests.page_cases import CHOICES, CLASSES, asked, run

ROOT = Path(__file__).resolve().parents[2]
ANY = lambda name, value: True  # noqa: E731
BIRD = engine.fieldguide.Specimen("bird", "blue", "striped", "white", "red")


@pytest.fixture(scope="module")
def sources():
    return PictureSources(engine.load_backbone(device="cpu"), load_samples(ROOT / "assets" / "samples"))


def read(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))


def test_a_link_restores_every_choice_and_holds_only_what_differs(sources):
    opened = sources.sample(2)
    begun = CHOICES._replace(class_names="x", true_class=NO_TRUTH)
    asked = begun._replace(
        class_names="\n".join(opened.names), true_class=opened.truth, eps=2.5, attack="fgsm", seed=7, defences=["clip"],
        template="a {} & co?",
    )  # fmt: skip
    made = link.query(asked, begun, opened)
    assert set(read(made)) == {"picture", "eps", "attack", "seed", "defences", "template"}
    choices, odd = link.restored(read(made), begun, sources.again(read(made)["picture"]), ANY)
    assert choices == asked and odd == []


def test_a_visitors_own_picture_is_in_no_link(sources, tmp_path):
    path = tmp_path / "secret.png"
    Image.new("RGB", (200, 200)).save(path)
    opened = sources.file(str(path))
    made = link.query(CHOICES._replace(eps=3), CHOICES, opened)
    assert read(made) == {"eps": "3"} and "secret" not in made


def test_odd_values_in_a_link_are_told_and_left_out():
    fits = lambda name, value: name != "attack" and isinstance(value, int | float)  # noqa: E731
    asked = {"attack": "hammer", "eps": "nan", "seed": "5", "__theme": "dark", "nothing": "1"}
    choices, odd = link.restored(asked, CHOICES, None, fits)
    assert choices == CHOICES._replace(seed=5)
    assert len(odd) == 2 and "hammer" in odd[0] and "nan" in odd[1]


def test_a_link_that_no_chat_would_take_is_refused():
    with pytest.raises(engine.EngineError, match="at most 6,000 characters"):
        link.query(CHOICES._replace(class_names="a b\n" * 3000), CHOICES, None)


def test_sources_open_the_same_picture_again(sources):
    for opened in (sources.sample(3), sources.specimen(BIRD, 5)):
        again = sources.again(opened.shown.source)
        assert torch.equal(again.shown.pixels, opened.shown.pixels)
        assert (again.names, again.truth) == (opened.names, opened.truth)
        assert opened.truth in opened.names and bool((opened.shown.part <= opened.shown.mask).all())


@pytest.mark.parametrize("source", ["sample 99", "sample -1", "specimen dragon blue plain none red 1", "/etc/passwd"])
def test_a_source_that_is_none_is_refused(sources, source):
    with pytest.raises(engine.EngineError):
        sources.again(source)


def test_another_model_sees_the_same_picture_at_its_own_size(tiny, sources, tmp_path):
    path = tmp_path / "own.png"
    Image.new("RGB", (200, 160), "orange").save(path)
    for opened in (sources.sample(1), sources.specimen(BIRD, 5), sources.file(str(path))):
        again = sources.on(tiny).same(opened.shown)
        assert again.shown.name == opened.shown.name and again.names == opened.names
        assert again.shown.pixels.shape == (3, tiny.image_size, tiny.image_size)


def test_a_link_names_a_model_only_where_it_is_not_the_pages_own(sources):
    begun, opened = CHOICES, sources.sample(0)
    assert link.MODEL not in read(link.query(begun, begun, opened))
    assert read(link.query(begun, begun, opened, "RN50/openai"))[link.MODEL] == "RN50/openai"


@pytest.fixture(scope="module")
def packed(sources):
    """A whole story on the built-in model, with settings that are no defaults, and its ZIP."""
    opened = sources.specimen(BIRD, 5)
    target = next(name for name in opened.names if name != opened.truth)
    choices = CHOICES._replace(
        class_names="\n".join(opened.names), true_class=opened.truth, seed=3, keep=0.25, norm="l2", eps=1.5,
        step_size=0.45, target=target, about=target, against=opened.truth, prompt_ensemble=True, temperature=0.02,
        answer_views=4, purifier="ttc", legacy=True,
    )  # fmt: skip
    found = run(asked(sources.backbone, Results(), choices, opened.shown), shown=opened.shown)
    return found, zipfile.ZipFile(io.BytesIO(report.bundle(sources.backbone, found, choices)))


def named(archive: zipfile.ZipFile) -> dict[str, bytes]:
    return {name.removeprefix("a-tpt-explorer/"): archive.read(name) for name in archive.namelist()}


def test_the_zip_holds_exact_pictures_numbers_and_figures(packed):
    found, archive = packed
    files = named(archive)
    attacked = np.asarray(Image.open(io.BytesIO(files["attacked.png"])))
    assert np.array_equal(attacked, (found.adversarial.saved * 255).round().byte().permute(1, 2, 0).numpy())
    numbers = np.load(io.BytesIO(files["numbers.npz"]))
    assert np.array_equal(numbers["attacked_map"], found.maps.attacked.raw.numpy())
    assert np.array_equal(numbers["weights"], found.ensemble.weights.numpy())
    for name in ("attack", "maps", "tuning", "defences"):
        assert Image.open(io.BytesIO(files[f"figures/{name}.png"])).size[0] > 600
        assert files[f"figures/{name}.svg"].lstrip().startswith(b"<?xml")
    settings = json.loads(files["settings.json"])
    assert settings["engine"]["attack"]["seed"] == 3 and settings["engine"]["attack"]["target"] is not None
    assert settings["templates"] == list(found.classes.templates) and len(settings["templates"]) > 1
    assert settings["picture"]["source"].startswith("specimen bird")
    maps = json.loads(files["results.json"])["maps"]
    assert (maps["about"], maps["against"]) == (settings["page"]["target"], settings["true class"])


@pytest.fixture
def unpacked(packed, tmp_path, monkeypatch) -> Path:
    """The unpacked folder of the ZIP, in which the test then stands."""
    packed[1].extractall(tmp_path)
    monkeypatch.chdir(tmp_path / "a-tpt-explorer")
    return tmp_path / "a-tpt-explorer"


@pytest.mark.slow
def test_the_command_in_the_zip_gives_its_answers_again(packed, unpacked, capsys):
    words = (unpacked / "redo.sh").read_text()
    assert words.startswith("python ") and words.count("\n") == 1
    read = words.replace("python ", "printf '%s\\0' ", 1)  # the words as a shell reads them
    ran = subprocess.run(["sh", "-c", read], capture_output=True, text=True, check=True)
    module, name, *given = ran.stdout.split("\0")[:-1]
    assert (module, name) == ("-m", "engine")
    assert main([*given, "--json", "--device", "cpu"]) == 0
    again = {m["defence"]: m["prediction"]["confidence"] for m in json.loads(capsys.readouterr().out)["defences"]}
    assert again == {d.defence: d.prediction.confidence for d in packed[0].defences}


@pytest.mark.slow
def test_the_script_in_the_zip_gives_its_answers_again(packed, unpacked, monkeypatch, capsys):
    found, script = packed[0], unpacked / "redo.py"
    script.write_text(script.read_text().replace("precision=", "device='cpu', precision=", 1))
    monkeypatch.chdir(unpacked.parent)
    runpy.run_path(str(script), run_name="__main__")
    told = capsys.readouterr().out
    for defence in found.defences:
        assert f"{defence.defence}: {defence.prediction.name}" in told
    assert f"map-attacked: strongest value {float(found.maps.attacked.raw.max()):.4g}" in told


def test_a_story_half_told_is_packed_as_far_as_it_went(tiny, told):
    left = Found(picture=told.picture, classes=told.classes, label=told.label, clean=told.clean)
    files = named(zipfile.ZipFile(io.BytesIO(report.bundle(tiny, left, CHOICES))))
    assert "attacked.png" not in files and not any(name.startswith("figures/") for name in files)
    assert json.loads(files["results.json"])["clean"]["answer"] in CLASSES.names
    with pytest.raises(engine.EngineError, match="nothing to take home"):
        report.bundle(tiny, Found(), CHOICES)


def test_the_zip_tells_and_repeats_what_the_model_was_read_with(tiny, told):
    given = engine.ModelSettings(activation="quickgelu", mean=(0.1, 0.2, 0.3), resize_mode="squash")
    backbone = engine.Backbone(tiny.model, tiny.tokenizer, "tiny", tiny.preprocessing, settings=given)
    files = named(zipfile.ZipFile(io.BytesIO(report.bundle(backbone, told, CHOICES))))
    assert b"--activation quickgelu --mean 0.1 0.2 0.3 --resize-mode squash" in files["redo.sh"]
    assert repr(given).encode() in files["redo.py"]
    model = json.loads(files["settings.json"])["model"]
    assert model["activation"] == "gelu" and model["preprocessing"]["resize_mode"] == "shortest"
