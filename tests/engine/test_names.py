"""Class names as they are spelled and as a model reads them: two that are one text are refused by name."""

import re
import unicodedata

import open_clip
import pytest
import torch

from engine import AttackSettings, Settings, TuneSettings, ViewSettings, attack, defend, explore, predict
from engine.classes import Classes, find, spelling
from engine.errors import EngineError
from engine.models import Backbone, load_backbone

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "café au lait") for form in ("NFC", "NFD"))
SPELLINGS = [
    (COMPOSED, DECOMPOSED),
    ("jack-o’-lantern", "jack-o'-lantern"),
    ("a “wild” rose", 'a "wild" rose'),
    ("salt &amp; pepper", "salt & pepper"),
    ("sea_star", "Sea\u2003 STAR"),
]
ONE_TEXT = [("ﬁsh", "fish"), ("Ａ", "a"), ("cafÃ©", "café"), ("red\x00fox", "redfox"), ("a &amp;amp; b", "a & b")]


@pytest.fixture(scope="module")
def closed() -> Backbone:
    return load_backbone()


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_spellings_of_a_name_are_one_class_and_find_it(one, other):
    with pytest.raises(
        EngineError, match="stands twice: number 2 is “.*”, number 3 is “.*”.*; every class needs"
    ) as said:
        Classes(("owl", one, other))
    assert f"number 2 is “{one}”, number 3 is “{other}”" in str(said.value)
    assert Classes(("owl", one)).index(other) == 1 and Classes((other, "owl")).index(one) == 0


def test_names_that_mean_another_thing_are_no_spellings():
    names = ("x2", "x²", "strasse", "straße", "cafe", "café", "fish", "ﬁsh", "red fox", "redfox", "owl", "owl.")
    assert Classes(names).names == names and len({spelling(name) for name in names}) == len(names)
    assert find("owls", names) is find("", names) is find(None, names) is None
    with pytest.raises(EngineError, match="“owls” is not one of the 12 class names"):
        Classes(names).index("owls")


@pytest.mark.parametrize("name", ["_", " _ ", "\u3000", "&nbsp;"])
def test_a_name_of_blanks_is_empty(name):
    with pytest.raises(EngineError, match="A class name is empty"):
        Classes(("owl", name))


@pytest.mark.parametrize(("one", "other"), ONE_TEXT)
def test_names_of_the_same_tokens_are_refused_by_every_way_into_the_text_encoder(tiny, pixels, one, other):
    classes = Classes(("owl", one, other))
    for read in (tiny.encode_text, tiny.prompts, lambda asked: predict(tiny, pixels, asked)):
        with pytest.raises(EngineError, match="is the same as another to the model tiny") as said:
            read(classes)
        assert f"number 2 is “{one}”, number 3 is “{other}”; every class needs its own name" in str(said.value)


def test_every_verb_refuses_them_before_it_works(tiny, pixels):
    classes = Classes(("owl", "ﬁsh", "fish"))
    settings = Settings(views=ViewSettings(count=4), tuning=TuneSettings(steps=1), defences=("clip-templates", "r-tpt"))
    verbs = (
        attack(tiny, pixels, classes, AttackSettings("deepfool")),
        defend(tiny, pixels, classes, settings),
        explore(tiny, pixels, classes, settings),
    )
    for stream in verbs:
        with pytest.raises(EngineError, match="“ﬁsh”, number 3 is “fish”"):
            list(stream)


def test_names_that_are_one_text_in_any_of_the_templates_are_refused(tiny):
    names = ("38;", "x26;")  # behind &# both stand for an ampersand
    assert tiny.encode_text(Classes(names)).shape == (2, 64)
    with pytest.raises(EngineError, match="“x26;” is the same as another to the model tiny, in “a &#{}”"):
        tiny.encode_text(Classes(names, ("a photo of a {}.", "a &#{}")))


def test_punctuation_counts_where_the_tokenizer_keeps_it(tiny):
    dropping = Backbone(tiny.model, open_clip.SimpleTokenizer(clean="canonicalize"), "dropping")
    classes = Classes(("what?", "what!"))
    assert not torch.equal(*tiny.encode_text(classes))
    with pytest.raises(EngineError, match="to the model dropping, .*: number 1 is “what\\?”, number 2 is “what!”"):
        dropping.encode_text(classes)


def test_in_a_closed_vocabulary_only_its_words_tell_names_apart(closed):
    with pytest.raises(EngineError, match="number 1 is “red bird!”, number 2 is “red bird\\?”"):
        closed.encode_text(Classes(("red bird!", "red bird?")))
    assert not torch.equal(*closed.encode_text(Classes(("red bird!", "blue bird!"))))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("🍕", "fish"), ("🍕",)),
        (("!!!", "fish"), ("!!!",)),
        (("fish", "—"), ("—",)),
        (("fish 🍕", "bird"), ("🍕",)),
        (("fish ❤️", "bird"), ("❤",)),
        (("red + white fish", "bird"), ("+",)),
        (("🍕", "zebra"), ("🍕", "zebra")),
    ],
)
def test_a_closed_vocabulary_refuses_names_without_its_words_and_signs_as_it_does_words(closed, tiny, names, found):
    kind = "words" if "zebra" in found else "sign"
    listed = ", ".join(f"“{one}”" for one in found)
    with pytest.raises(EngineError, match=re.escape(f"fieldguide has never seen the {kind} {listed};")) as said:
        closed.encode_text(Classes(names))
    assert "command line" not in str(said.value)
    assert closed.unknown_words(names) == found and tiny.unknown_words(names) == ()
    tiny.encode_text(Classes(names))


@pytest.mark.parametrize("template", ["a 🍕 photo of a {}.", "a photo of a {} +"])
def test_a_closed_vocabulary_refuses_signs_around_the_name(closed, template):
    with pytest.raises(EngineError, match="has never seen the sign “[🍕+]”;"):
        closed.encode_text(Classes(("fish", "bird"), (template,)))


def test_punctuation_and_blanks_beside_its_words_stay_readable_to_a_closed_vocabulary(closed):
    names = ("fish, striped", "red-and-white bird", "fish (red)", "“bird”", "a_fish", "fish\u200b & flower", "ring...")
    assert closed.unknown_words(names) == ()
    assert closed.encode_text(Classes(names)).shape[0] == len(names)


@pytest.mark.parametrize(
    ("name", "template"),
    [("owl", "a photo <end_of_text> of a {}."), ("&#60;end&#95;of&#95;text&#62; owl", "a photo of a {}.")],
)
def test_the_mark_that_ends_a_text_is_refused(tiny, name, template):
    with pytest.raises(EngineError, match="has one of the marks that begin and end every text"):
        tiny.encode_text(Classes((name, "fox"), (template,)))


class Counting:
    """A tokenizer that counts the texts it is given."""

    def __init__(self, tokenizer) -> None:
        self.tokenizer, self.context_length, self.texts = tokenizer, tokenizer.context_length, 0

    def __call__(self, texts: list[str], context_length: int | None = None) -> torch.Tensor:
        self.texts += len([text for text in texts if text])
        return self.tokenizer(texts, context_length=context_length)


def test_a_thousand_names_are_tokenised_once_a_template(tiny):
    backbone = Backbone(tiny.model, Counting(tiny.tokenizer), "counting")
    names = tuple(f"thing {number}" for number in range(1000))
    classes = Classes(names, ("a photo of a {}.", "a {}"))
    assert [classes.index(f"THING_{number}") for number in range(0, 1000, 100)] == list(range(0, 1000, 100))
    for template in classes.templates:
        backbone._reader.read_classes(classes, template)
    assert backbone.tokenizer.texts == 2000
