"""Relevance of words: against the text tower's forward pass written out by hand, token by token."""

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.words import word_relevance
from engine.models import Backbone
from tests.literal_tower import through

CLASSES = Classes(("red_fox", "axolotl"), ("a photo of a {}.", "a {}"))


@pytest.fixture(scope="module")
def double(tiny) -> Backbone:
    return Backbone(copy.deepcopy(tiny.model).double(), tiny.tokenizer, "tiny in float64")


def literal(backbone, pixels, sentence: str) -> tuple[list[float], float]:
    """Relevance of every token at the end of the sentence, and the score."""
    text = backbone.text
    ids = backbone.tokenizer([sentence])[0]
    count = int(ids.argmax()) + 1
    x = (text.token_embedding(ids[:count]) + text.positional_embedding[:count]).detach().requires_grad_()
    mask = torch.full((count, count), -torch.inf).triu(1)
    layers = through(text.transformer.resblocks, x, mask)
    feature = F.normalize(text.ln_final(layers[-1].left[-1]) @ text.text_projection, dim=-1)
    score = backbone.model.logit_scale.exp() * backbone.encode_image(pixels[None])[0] @ feature
    score.backward()
    found = [[float(i == j) for j in range(count)] for i in range(count)]
    for layer in layers:
        a, g = layer.attention[0].tolist(), layer.attention[0].grad.tolist()  # the tiny text tower has one head
        positive = [[max(a[i][j] * g[i][j], 0) for j in range(count)] for i in range(count)]
        found = [
            [found[i][j] + sum(positive[i][k] * found[k][j] for k in range(count)) for j in range(count)]
            for i in range(count)
        ]
    return found[-1], float(score.detach())


@pytest.mark.parametrize(("label", "sentence"), [(0, "a photo of a red fox."), (1, "a photo of a axolotl.")])
def test_shares_are_the_relevance_at_the_end_of_the_sentence(double, pixels, label, sentence):
    told = word_relevance(double, pixels, CLASSES, label)
    row, score = literal(double, pixels, sentence)
    assert told.sentence == sentence and told.label == label
    assert told.score == pytest.approx(score, rel=1e-5)
    assert told.shares.tolist() == pytest.approx([value / sum(row[1:-1]) for value in row[1:-1]], rel=1e-4)
    assert "".join(told.pieces) == sentence.replace(".", " . ")


def test_the_words_of_one_sentence_share_the_whole(tiny, pixels):
    told = word_relevance(tiny, pixels, CLASSES, 0)
    assert told.pieces == ("a ", "photo ", "of ", "a ", "red ", "fox ", ". ")
    assert float(told.shares.sum()) == pytest.approx(1) and float(told.shares.min()) >= 0


def test_the_score_is_the_models_own(tiny, pixels):
    classes = Classes(CLASSES.names, CLASSES.templates[:1])
    logits = tiny.logits(tiny.encode_image(pixels[None]), tiny.encode_text(classes))[0]
    assert word_relevance(tiny, pixels, classes, 1).score == pytest.approx(float(logits[1]), abs=1e-4)


def test_a_class_that_is_not_there_is_refused(tiny, pixels):
    with pytest.raises(EngineError, match="from 0 to 1; got 2"):
        word_relevance(tiny, pixels, CLASSES, 2)


def test_a_word_has_the_shares_of_its_pieces_together_where_the_tokenizer_marks_its_end(tiny, pixels):
    read = word_relevance(tiny, pixels, CLASSES, 1)
    assert [word for word, _ in read.words] == ["a", "photo", "of", "a", "axolotl", "."]
    assert len(read.pieces) > len(read.words)
    assert sum(share for _, share in read.words) == pytest.approx(float(read.shares.sum()), abs=1e-6)
    assert read.words[-2][1] == pytest.approx(float(read.shares[4:-1].sum()), abs=1e-6)
    bare = replace(read, pieces=tuple(piece.strip() for piece in read.pieces))
    assert bare.words == tuple(zip(bare.pieces, bare.shares.tolist(), strict=True))


def test_words_near_a_vector_are_whole_words_and_no_pieces_of_letters(tiny):
    known = list(tiny._whole_words[0])
    assert {"photo", "caf\u00e9"} <= set(known)
    assert all(word.isalpha() and "\ufffd" not in word for word in known)
    assert not {"\u00f0\u0141\u013a", "\u00c3\u00a9"} & set(known)  # as bytes are spelled
    assert all(
        tiny.tokenizer.decode([i]).strip() == word for word, i in zip(known, tiny._whole_words[1].tolist(), strict=True)
    )
