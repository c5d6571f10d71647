"""The pure parts of the tries: what they make and what they call wrong, so that no promise is held by a blind eye."""

import json
import random

import pytest

from engine.pictures import load_picture
from tests.trust import calls, injection, mutations, nasty
from tests.trust.promise import Tally

TEXT = {"parameter_name": "written", "parameter_has_default": True, "parameter_default": "", "type": {"type": "string"}}


def test_every_original_is_a_picture_and_some_tell_a_secret(tmp_path):
    for name, content in mutations.originals().items():
        (tmp_path / "x").write_bytes(content)
        assert min(load_picture(tmp_path / "x").image.size) == 56, name
    assert sum(mutations.SECRET.encode() in content for content in mutations.originals().values()) >= 6


@pytest.mark.slow
def test_mutations_are_drawn_by_the_seed_and_change_the_file():
    drawn = [[mutations.mutated(random.Random(f"{seed} {n}")) for n in range(30)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    content, rng = mutations.originals()["png"], random.Random(0)
    assert all(any(change(content, rng) != content for _ in range(5)) for change in mutations.MUTATIONS.values())


def test_nasty_values_go_into_json():
    rng = random.Random(0)
    assert all(isinstance(json.dumps([nasty.nasty(rng), nasty.nasty_file(rng)]), str) for _ in range(300))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "Internal Server Error"),
        (422, "{}"),
        (200, 'event: error\ndata: {"error": null}\n\n'),
        (200, 'event: complete\ndata: [{"confidence": NaN}]\n\n'),
        (200, 'event: error\ndata: {"error": "Traceback (most recent call last)."}\n\n'),
        (200, ""),
    ],
)
def test_what_is_no_answer_is_called_wrong(status, said):
    assert calls.odd_answer(status, said)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (422, '{"detail": "Expected a number."}'),
        (200, 'event: error\ndata: {"error": "Expected a number."}\n\n'),
        (200, 'event: heartbeat\ndata: null\n\nevent: complete\ndata: [{"confidence": 0.5}]\n\n'),
    ],
)
def test_numbers_and_sentences_are_answers(status, said):
    assert not calls.odd_answer(status, said)


def test_sound_values_are_those_of_the_schema():
    rng = random.Random(0)
    choice = {**TEXT, "parameter_name": "attack", "type": {"enum": ["pgd", "cw"]}}
    assert {calls.sound(choice, (), rng) for _ in range(20)} == {"pgd", "cw"}
    assert calls.sound(TEXT, (), rng) == ""


def test_a_payload_that_is_not_escaped_is_found_and_code_of_it_too():
    assert injection.RAW.search(f"<p>{injection.PAYLOADS[0]}</p>") and not injection.RAW.search("&lt;trustprobe&gt;")
    assert injection.calls_probe("x = 1; trustprobe()") and not injection.calls_probe("x = 'trustprobe()'")
    assert injection.touches(b"touch trustprobe") and not injection.touches(b"python 'touch trustprobe'")


def test_a_promise_is_held_only_where_it_was_tried_and_its_figure_is_within_its_limit():
    tally = Tally("s", 1.0)
    assert not tally.held
    tally.tried("one", figure=0.5)
    assert tally.held and str(tally.figure) == "0.5 s (at most 1)"
    tally.tried("two", figure=2.0)
    assert not tally.held and tally.example == "two: 2 s, more than 1"
