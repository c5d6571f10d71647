"""Classes and settings refuse nonsense with a sentence that says what came."""

import pytest

from engine import AttackSettings, Classes, EngineError, EnsembleSettings, TuneSettings, ViewSettings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least two class names.*got none"),
        ("cat\n\n  \n", "at least two class names.*got 1"),
        ("cat\ndog\nCat", "“Cat” stands twice"),
        ("red fox\nred_fox", "“red_fox” stands twice"),
        ("cat\n" + "x" * 2000, "at most 200 characters.*2,000"),
        ("\n".join(f"class {i}" for i in range(5000)), "at most 1,000 class names; got 5,000"),
    ],
)
def test_bad_class_lists(text, sentence):
    with pytest.raises(EngineError, match=sentence):
        Classes.parse(text)


@pytest.mark.parametrize(
    "template",
    [
        "a photo of a cat.", "{} and {}", "", "a photo of a {{}}.", "a {photo} of a {}", "a {0}", "a {!r}", "a {} {0}",
        "{:>9999999}", "{} {:>9999999}", "{} of {", "a {} }", "{{}", "{}}", "{ }",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [(), ("a photo of a {}.",)])
def test_template_needs_one_place_for_the_name_and_no_other_braces(template, before):
    with pytest.raises(EngineError, match="exactly one {} for the class name, no other braces,.*; got “") as said:
        Classes(("cat", "dog"), (*before, template))
    assert str(said.value).endswith(f"got “{template}”.")


def test_braces_in_a_name_are_a_part_of_it():
    classes = Classes(("{}", "{x}", "a_{0}"))
    assert classes.sentences("a photo of a {}.") == ["a photo of a {}.", "a photo of a {x}.", "a photo of a a {0}."]


def test_classes_are_read_line_by_line():
    assert Classes.parse(" cat \n\nred fox\r\n").names == ("cat", "red fox")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: AttackSettings(epsilon=4), "epsilon.*got 4"),
        (lambda: AttackSettings(norm="l2", epsilon=65), "epsilon \\(l2.*between 0 and 64; got 65"),
        (lambda: AttackSettings(norm="l1"), "one of linf, l2; got “l1”"),
        (lambda: AttackSettings(eot_samples=0), "EOT samples per step between 1 and 64; got 0"),
        (lambda: AttackSettings(unroll="twice"), "one of none, exact, straight; got “twice”"),
        (lambda: AttackSettings(target=-1), "number of a target class to be at least 0; got -1"),
        (lambda: AttackSettings(steps=0), "attack steps between 1 and 1000; got 0"),
        (lambda: ViewSettings(count=1), "number of views between 2 and 256; got 1"),
        (lambda: ViewSettings(high=0.7, low=0.7), "got 1.4"),
        (lambda: ViewSettings(smallest_crop=0), "smallest crop between 0.0001 and 1; got 0"),
        (lambda: TuneSettings(keep=0), "share of views kept"),
        (lambda: EnsembleSettings(weighting="loud"), "got “loud”"),
        (lambda: EnsembleSettings(tv_map="world"), "total variation to be one of grid, upsampled; got “world”"),
        (lambda: EnsembleSettings(tv_norm="max"), "minmax, sum1, none; got “max”"),
        (lambda: EnsembleSettings(tv_reduction="max"), "mean, sum; got “max”"),
        (lambda: EnsembleSettings(answer_views=0), "number of views that answer between 1 and 256; got 0"),
    ],
)
def test_settings_out_of_range(make, sentence):
    with pytest.raises(EngineError, match=sentence):
        make()


def test_step_size_defaults_to_a_quarter_of_epsilon():
    assert AttackSettings(epsilon=8 / 255).step == pytest.approx(2 / 255)
    assert AttackSettings(epsilon=8 / 255, step_size=1 / 255).step == pytest.approx(1 / 255)
