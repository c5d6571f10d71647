"""Weights in half precision: every stage still answers in float32, close to what full precision says."""

import copy
import json

import pytest
import torch
from PIL import Image

from engine.classes import Classes
from engine.cli.main import main
from engine.defences.defend import defend
from engine.defences.tuning import tune
from engine.errors import EngineError
from engine.maps.attend import attend
from engine.maps.registry import maps_for
from engine.models import Backbone, load_backbone
from engine.models.device import has_bf16, place
from engine.models.precision import PRECISIONS, at_least_single, dtype_of
from engine.models.predict import predict
from engine.models.preprocessing import Preprocessing
from engine.numerics.measures import spearman
from engine.settings import AttackSettings, AttentionSettings, Settings, ViewSettings
from engine.story.attack import attack
from engine.views.guided import make_views

CLASSES = Classes(("cat", "dog", "bird"))
HALVES = {"bf16": 0.02, "fp16": 0.003}  # and by how much a cosine may be off
RESIDUE = ("a-tpt", "gradient-rollout", "depth-weighted")  # their last block's weights nearly cancel


@pytest.fixture(scope="module")
def half(model):
    """The tiny model loaded in a precision, once each."""
    store = {}
    return lambda precision: store.setdefault(precision, load_backbone(model, "cpu", precision))


@pytest.mark.parametrize("precision", HALVES)
def test_features_and_logits_are_float32_and_close_to_full_precision(tiny, half, pixels, precision):
    backbone, allowed = half(precision), HALVES[precision]
    assert (backbone.precision, backbone.dtype) == (precision, dtype_of(precision))
    assert {value.dtype for value in backbone.visual.parameters()} == {dtype_of(precision)}
    assert backbone.scale == tiny.scale
    for one, other in (
        (backbone.encode_image(pixels[None]), tiny.encode_image(pixels[None])),
        (backbone.encode_text(CLASSES), tiny.encode_text(CLASSES)),
        (backbone.encode_prompts(backbone.prompts(CLASSES)), tiny.encode_prompts(tiny.prompts(CLASSES))),
    ):
        assert one.dtype == torch.float32
        assert torch.allclose(one.norm(dim=-1), torch.ones(len(one)), atol=1e-5)
        assert float((one * other).sum(-1).min()) > 1 - allowed
    logits = predict(backbone, pixels, CLASSES).logits
    assert torch.allclose(logits, predict(tiny, pixels, CLASSES).logits, atol=tiny.scale * allowed)


@pytest.mark.parametrize("precision", HALVES)
def test_maps_resemble_those_of_full_precision(tiny, half, pixels, precision):
    backbone = half(precision)
    for name in maps_for(backbone):
        drawn = attend(backbone, pixels, CLASSES, AttentionSettings(name), label=1)
        whole = attend(tiny, pixels, CLASSES, AttentionSettings(name), label=1)
        assert drawn.raw.dtype == torch.float32
        assert bool(drawn.raw.isfinite().all())
        assert float(drawn.grid.max()) > 0.99
        if not (drawn.degenerate or whole.degenerate):
            assert spearman(drawn.raw, whole.raw) > (0.6 if name in RESIDUE else 0.9), name


@pytest.mark.parametrize("precision", HALVES)
def test_a_resnet_answers_and_draws_in_half_precision(resnet, pixels, precision):
    half = Backbone(copy.deepcopy(resnet.model).to(dtype_of(precision)), resnet.tokenizer, "half")
    one, other = (backbone.encode_image(pixels[None]) for backbone in (half, resnet))
    assert float((one * other).sum()) > 1 - HALVES[precision]
    for name in maps_for(half):
        drawn, whole = (attend(b, pixels, CLASSES, AttentionSettings(name), label=1) for b in (half, resnet))
        assert drawn.raw.dtype == torch.float32
        assert torch.allclose(drawn.grid, whole.grid, atol=0.2)


@pytest.mark.parametrize("precision", HALVES)
def test_prompts_are_tuned_in_float32(tiny, half, pixels, precision):
    backbone = half(precision)
    settings = Settings()
    views = make_views(backbone, pixels, CLASSES, ViewSettings(count=10, kind="crops"))
    start, end = list(tune(backbone, views, CLASSES, settings.tuning))
    assert start.context.dtype == end.context.dtype == torch.float32
    moved = (end.context - start.context * (1 - 5e-3 * 0.01)).abs()  # one step of AdamW: 0.005 along the sign
    assert float(moved.max()) == pytest.approx(5e-3, rel=1e-3)
    assert float((moved > 4e-3).float().mean()) > 0.9


def test_attack_and_defence_run_in_half_precision(half, pixels):
    backbone = half("bf16")
    *_, attacked = attack(backbone, pixels, CLASSES, AttackSettings(steps=3), label=0)
    change = attacked.pixels - pixels
    assert float(change.abs().max()) == pytest.approx(4 / 255, rel=1e-4)
    settings = Settings(views=ViewSettings(count=10), defences=("clip", "tpt", "a-tpt", "zero"))
    for answer in defend(backbone, attacked.pixels, CLASSES, settings):
        assert answer.prediction.logits.dtype == torch.float32
        assert bool(answer.prediction.logits.isfinite().all())


def test_a_fingerprint_tells_precisions_apart(half):
    assert len({half(precision).fingerprint for precision in PRECISIONS}) == 3


def test_the_fingerprint_is_of_weights_and_preprocessing(tiny, model):
    assert load_backbone(model, "cpu").fingerprint == tiny.fingerprint
    other = Backbone(tiny.model, tiny.tokenizer, "tiny", Preprocessing(mean=(0.5, 0.5, 0.5)))
    assert other.fingerprint != tiny.fingerprint
    ways = [{}, {"resize_mode": "squash"}, {"interpolation": "bilinear"}, {"fill_color": 9}]
    told = {Backbone(tiny.model, tiny.tokenizer, "tiny", Preprocessing(**way)).fingerprint for way in ways}
    assert len(told) == 4 and tiny.fingerprint in told


def test_a_precision_that_does_not_exist_is_refused(model):
    with pytest.raises(EngineError, match="Expected a precision of fp32, bf16, fp16 or auto; got “int8”"):
        load_backbone(model, "cpu", "int8")


def test_a_precision_the_device_cannot_compute_in_is_refused(model, monkeypatch):
    def without_halves(x, *_):
        raise RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'")

    monkeypatch.setattr("torch.nn.functional.conv2d", without_halves)
    with pytest.raises(EngineError, match="cpu cannot compute in fp16; choose another precision"):
        load_backbone(model, "cpu", "fp16")


def test_a_device_without_room_for_the_model_is_named(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    with pytest.raises(EngineError, match="not enough memory for this model on cpu; choose a smaller model, bf16"):
        place(torch.nn.ParameterDict({"logit_scale": torch.ones(())}), torch.device("cpu"), torch.float32)


def test_doubles_stay_doubles():
    assert at_least_single(torch.ones(1, dtype=torch.float64)).dtype == torch.float64
    assert at_least_single(torch.ones(1, dtype=torch.bfloat16)).dtype == torch.float32


@pytest.mark.parametrize("precision", ["bf16", "auto"])
def test_the_command_line_takes_a_precision_and_reports_what_it_is(model, tmp_path, capsys, monkeypatch, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    Image.new("RGB", (64, 64), (200, 30, 30)).save(tmp_path / "red.png")
    asked = ["predict", str(tmp_path / "red.png"), "--class", "cat", "--class", "dog", "--model", model, "--json"]
    assert main([*asked, "--device", "auto", "--precision", precision]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == "bf16"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({}, "fp32"), ({"avx512_f": True, "avx512_bf16": False}, "fp32"), ({"avx512_bf16": True}, "bf16"),
     ({"amx_bf16": True, "avx512_bf16": False}, "bf16")],
)  # fmt: skip
def test_auto_is_bf16_where_the_processor_has_instructions_for_it(model, monkeypatch, flags, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
    assert load_backbone(model, "cpu", "auto").precision == expected


@pytest.mark.parametrize("native", [True, False])
def test_auto_does_not_take_what_a_gpu_only_imitates(monkeypatch, native):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert has_bf16(torch.device("cuda")) == native and not has_bf16(torch.device("mps"))


def test_a_torch_that_does_not_know_the_flags_takes_fp32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_bf16(torch.device("cpu"))
