"""Step 2's question whether another model is fooled: who may be asked, the rows, what the table says, and when."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

import engine
from app import models as of_page
from app.figures.transfer import transfer_figure
from app.models import Models, called, sibling
from app.panels.transfer import TransferTest
from app.present import present
from app.state.found import Found
from app.state.visitors import Visitor
from app.text import transfer as text
from app.transferring import begun, rows
from app.transfers import Transfers
from engine.story import Asked, Attack, Control, Results, Story, Transfer, transfer_of
from tests.page_cases import CHOICES, asked, picture, run

FAMILIAR = engine.results.Familiarity(9.0, 0.0)


@pytest.fixture(scope="module")
def questions(tiny, small):
    """One question, and the same on a model of another size."""
    base = asked(tiny, Results())
    recipe = replace(base.story.recipe, picture=picture(small).picture)
    return [base, replace(base, story=Story(small, recipe, base.story.results))]


@pytest.fixture(scope="module")
def whole(tiny, questions):
    """What comes while both attacks are made, and what there is at the end."""
    told = list(rows(Models(tiny), questions, begun(questions)))
    return told, told[-1][0]


def test_every_row_is_the_attack_on_one_model_answered_by_both(questions, whole, tiny, small):
    _, found = whole
    assert found.models == ("tiny", "small") and [row.asked[0].model for row in found.rows] == ["tiny", "small"]
    for question, row, other in zip(questions, found.rows, (small, tiny), strict=True):
        expected = transfer_of(question.story, [other])
        for one, same in zip(row.asked, expected.asked, strict=True):
            assert one.model == same.model and torch.equal(one.attacked.logits, same.attacked.logits)
        assert row.asked[0].attacked is question.story.result(Attack()).after_saved
        assert row.asked[0].noise is question.story.result(Control())


def test_the_share_grows_to_all_and_rows_come_one_by_one(whole):
    told, _ = whole
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 4
    assert [*dict.fromkeys(len(found.rows) for found, _ in told)] == [0, 1, 2]


def test_it_is_drawn_for_the_very_attack_that_it_is_about_and_no_other(questions, whole, tiny):
    part = TransferTest.__new__(TransferTest)
    part.drawn, part.models = "figure", Models(tiny)
    held = run(questions[0], ("clean", "adversarial"))
    own = replace(held, transfers=whole[1])
    assert "<table" in part.draw(own, CHOICES)["figure"]
    changed = replace(own, made=held.made | {"adversarial": "another"})
    assert "another one now" in part.draw(changed, CHOICES)["figure"]
    for nothing in (held, Found(), replace(held, transfers=Transfers(("a",), True))):
        assert "to make the attack on each model" in part.draw(nothing, CHOICES)["figure"]
    assert Visitor(transfers=whole[1]).on("other", None).transfers is None


NAMES = {"A": "Alpha", "B": "Beta <2>"}
CLASSES = engine.Classes(("red fish", "blue fish", "green fish"))


def answer(label):
    return engine.Prediction(CLASSES, torch.eye(3)[label] * 5)


def made(own: str, other: str, sizes=(64, 64), **more) -> Transfers:
    """An attack on A, away from class 1; of each model the answers to clean, attacked and noise, r(ight) or w(rong)."""
    told = [
        Asked(name, size, *(answer(1 if sign == "r" else 0) for sign in signs))
        for name, size, signs in zip("AB", sizes, (own, other), strict=True)
    ]
    return Transfers(("A", "B"), **{"given": True, "rows": (Transfer(1, True, tuple(told)),)} | more)


@pytest.mark.parametrize(
    ("own", "other", "end"),
    [
        ("rwr", "rwr", "transferred"), ("rwr", "rrr", "held"), ("rrr", "rrr", "missed"), ("rrr", "rwr", "turned"),
        ("rwr", "rww", "noisy"), ("rwr", "wwr", "spoilt"),
    ],
)  # fmt: skip
def test_every_end_is_said_and_stands_in_its_cell(own, other, end):
    drawn = transfer_figure(made(own, other), NAMES)
    said = re.sub(r"\*\*", "", text.SAID[end]).format(on="Alpha", by="Beta &lt;2&gt;", null=text.NOISE)
    assert said in re.sub("</?b>", "", drawn)
    cells = re.findall(r'<span class="end (\w*)" title="[^"]*">(.*?)</span>', drawn)
    assert cells[1] == (text.TONES[end], text.ENDS[end])
    assert cells[0][1] == text.ENDS_OWN["transferred" if own == "rwr" else "missed"]
    assert "Beta <2>" not in drawn and drawn.count('class="answer"') == 6
    assert drawn.count("<small>5.0</small>") == (own + other).count("r")


def test_a_null_arm_of_the_attacks_own_is_not_called_noise():
    drawn = transfer_figure(made("rww", "rww"), NAMES, "a harmless word")
    assert "<b>the null arm does that too</b>" in drawn and "under the null arm too" in drawn
    assert drawn.count("null arm does it too") == 2 and drawn.count("null arm: a harmless word") == 2
    assert "noise" not in re.sub('class="[^"]*"', "", drawn)
    noisy = transfer_figure(made("rww", "rww"), NAMES)
    assert "as much random noise does that too" in noisy and "null" not in noisy


def test_sizes_and_relatives_are_told():
    alike, apart = transfer_figure(made("rwr", "rrr"), NAMES), transfer_figure(made("rwr", "rrr", (64, 32)), NAMES)
    assert "weakens the attack" not in alike and "<b>weakens the attack</b>" in apart and "Alpha 64 × 64" in apart
    near = Transfers(("A", "A@96"), True, (Transfer(1, True, tuple(
        Asked(name, 64, answer(1), answer(0), None) for name in ("A", "A@96"))),))  # fmt: skip
    drawn = transfer_figure(near, {"A": "A", "A@96": "B"})
    assert "near relative" in drawn and "near relative" not in alike and "noise</span>" not in drawn


def test_nobody_is_called_fooled_on_a_picture_that_a_model_does_not_know():
    drawn = transfer_figure(made("rwr", "rwr", strange=("B",)), NAMES)
    assert 'class="end' not in drawn and "fools" not in drawn and "means nothing" in drawn
    assert "clean answer of the attacked model" in transfer_figure(made("rwr", "rwr", given=False), NAMES)


def test_a_picture_that_a_model_does_not_know_is_noticed(questions, tiny, monkeypatch):
    monkeypatch.setattr(questions[1].story.backbone, "knows", lambda pixels: FAMILIAR)
    fresh = [replace(one, story=Story(one.story.backbone, one.story.recipe)) for one in questions]
    *_, (found, _) = rows(Models(tiny), fresh, begun(fresh))
    assert found.strange == ("small",)


def entry(name: str, here: bool = True, needs: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(name=name, here=here, needs=needs)


def test_strangers_that_are_here_are_offered_first_and_nothing_that_is_not(monkeypatch, tiny, small):
    listed = [entry("fieldguide"), entry("ViT-B-32/openai"), entry("away", here=False), entry("siglip", needs="x")]
    monkeypatch.setattr(engine.models, "listed_models", lambda: listed)
    models = Models(tiny)
    assert models.beside("tiny") == ["ViT-B-32/openai", "fieldguide"]
    assert models.beside("fieldguide") == ["tiny", "ViT-B-32/openai", sibling()]
    models._keep("small", small)
    assert models.beside("tiny") == ["small", "ViT-B-32/openai", "fieldguide"]
    assert models.offers(sibling()) and not models.offers("away/too")


def test_models_are_called_by_their_titles():
    assert called("fieldguide") == present(engine.models.entry_of("fieldguide")).title
    assert called(sibling()) == f"{called('fieldguide')} at {of_page.SIBLING} pixels"
    assert called("local-dir:/models/mine") == "the folder mine" and called("tiny") == "tiny"


def checking(backbone, free: bool = False) -> TransferTest:
    part = TransferTest.__new__(TransferTest)
    part.models = Models(backbone, free=free)
    return part


def test_who_is_asked_is_here_and_another(tiny, monkeypatch):
    monkeypatch.setattr(engine.models, "listed_models", lambda: [entry("fieldguide")])
    for names, said in (
        ([], "Choose another"),
        (["tiny"], "attacked already"),
        (["local-dir:/x"], "not on this machine"),
    ):
        with pytest.raises(engine.EngineError, match=said):
            checking(tiny)._checked("tiny", names)
    assert checking(tiny)._checked("tiny", ["fieldguide", "fieldguide"]) == ["fieldguide"]
    free = checking(tiny, free=True)
    assert free._checked("tiny", ["local-dir:/x"]) == ["local-dir:/x"]
    monkeypatch.setattr(engine.models, "is_here", lambda name: False)
    with pytest.raises(engine.EngineError, match="nothing is downloaded"):
        free._checked("tiny", ["ViT-B-16/openai"])


def test_a_model_that_cannot_read_the_class_names_is_refused_before_anything_is_attacked(questions, small):
    words = frozenset({"red", "fish"})
    closed = engine.Backbone(small.model, small.tokenizer, "closed", small.preprocessing, words)
    with pytest.raises(engine.EngineError, match="closed does not know the words blue, green"):
        checking(small)._on(closed, questions[0], Visitor(choices=CHOICES))
