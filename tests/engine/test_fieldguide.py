"""The built-in world: its pictures are reproducible, its masks are exact, its words and label sets are honest."""

import zlib
from itertools import product

import cv2
import numpy as np
import pytest

from engine.fieldguide.world import (
    COLOURS,
    KINDS,
    PATTERNS,
    TEMPLATES,
    VOCABULARY,
    Description,
    Specimen,
    describe,
    is_held_out,
    label_set,
    random_description,
    random_specimen,
    unknown_words,
)
from engine.fieldguide.world.render import paint

# of a 448 picture per kind; they change only when the painting changes on purpose
CHECKSUMS = {
    "butterfly": 3118978726,
    "fish": 423415279,
    "bird": 3942894883,
    "flower": 3061051092,
    "beetle": 614247761,
    "mushroom": 1180595875,
}
BIRD = Specimen("bird", "blue", "striped", "white", "red")


def specimens(count: int, **choice) -> list[Specimen]:
    return [random_specimen(np.random.default_rng(seed), **choice) for seed in range(count)]


def every_combination() -> list[Specimen]:
    """Each colour, pattern, accent and part that a bird can have."""
    found = []
    for colour, pattern, part in product(COLOURS, PATTERNS, COLOURS):
        accents = [None] if pattern == "plain" else [name for name in COLOURS if name != colour]
        if part != colour:
            found += [Specimen("bird", colour, pattern, accent, part) for accent in accents]
    return found


@pytest.fixture(scope="module")
def paintings():
    return [paint(specimen, seed, 160) for seed, specimen in enumerate(specimens(60))]


# specimens


@pytest.mark.parametrize(
    "attributes, complaint",
    [
        (("dragon", "blue", "plain", None, "red"), "Expected the kind .* got 'dragon'"),
        (("bird", "mauve", "plain", None, "red"), "Expected the colour .* got 'mauve'"),
        (("bird", "blue", "plaid", "red", "red"), "Expected the pattern .* got 'plaid'"),
        (("bird", "blue", "plain", "white", "red"), "A plain bird has no second colour; got white"),
        (("bird", "blue", "striped", None, "red"), "Expected the accent .* got None"),
        (("bird", "blue", "striped", "blue", "red"), "The pattern must differ in colour from the bird"),
        (("bird", "blue", "plain", None, "blue"), "The head must differ in colour from the bird"),
    ],
)
def test_a_specimen_refuses_nonsense(attributes, complaint):
    with pytest.raises(ValueError, match=complaint):
        Specimen(*attributes)


def test_random_specimens_respect_kind_and_hold_out():
    assert {specimen.kind for specimen in specimens(20, kind="fish")} == {"fish"}
    assert {specimen.kind for specimen in specimens(80)} == set(KINDS)
    assert not any(map(is_held_out, specimens(100)))
    assert all(map(is_held_out, specimens(50, held_out=True)))
    with pytest.raises(ValueError, match="Expected the kind"):
        random_specimen(np.random.default_rng(0), kind="dragon")


def test_about_one_combination_in_five_is_held_out():
    combinations = every_combination()
    assert 0.15 < np.mean([is_held_out(specimen) for specimen in combinations]) < 0.25


def test_every_value_and_pair_occurs_on_both_sides_of_the_split():
    for wanted in (False, True):
        seen = [specimen for specimen in every_combination() if is_held_out(specimen) == wanted]
        assert {(s.colour, s.pattern) for s in seen} == set(product(COLOURS, PATTERNS))
        different = {(one, other) for one, other in product(COLOURS, COLOURS) if one != other}
        assert {(s.colour, s.accent) for s in seen if s.accent} == different
        assert {(s.colour, s.part) for s in seen} == different


# pictures


def test_the_same_seed_paints_the_same_picture():
    one, again = paint(BIRD, 7, 112), paint(BIRD, 7, 112)
    np.testing.assert_array_equal(one.pixels, again.pixels)
    np.testing.assert_array_equal(one.object_mask, again.object_mask)
    assert one.pixels.shape == (112, 112, 3) and one.pixels.dtype == np.uint8
    assert one.specimen == BIRD and one.seed == 7


def test_another_seed_paints_another_picture():
    assert np.abs(paint(BIRD, 7, 112).pixels - paint(BIRD, 8, 112).pixels.astype(int)).mean() > 10


def test_the_picture_is_the_same_on_every_machine():
    sums = {}
    for kind, pattern in zip(KINDS, PATTERNS, strict=True):
        specimen = Specimen(kind, "blue", pattern, None if pattern == "plain" else "yellow", "red")
        sums[kind] = zlib.crc32(paint(specimen, 2026, 448).pixels.tobytes())
    assert sums == CHECKSUMS


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_means_the_same_picture_at_every_size(kind):
    specimen = random_specimen(np.random.default_rng(3), kind)
    large, small = paint(specimen, 11, 448), paint(specimen, 11, 112)
    shrunk = cv2.resize(large.pixels, (112, 112), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small.pixels).mean() < 2.5
    overlap = cv2.resize(large.object_mask.astype(np.uint8) * 255, (112, 112), interpolation=cv2.INTER_AREA) > 127
    assert (overlap & small.object_mask).sum() > 0.93 * (overlap | small.object_mask).sum()


def test_specimens_are_small_and_wholly_inside_the_frame(paintings):
    for painting in paintings:
        rows, columns = np.nonzero(painting.object_mask)
        extent = (max(np.ptp(rows), np.ptp(columns)) + 1) / 160
        assert 0.38 <= extent <= 0.69, painting.specimen
        border = np.ones((160, 160), bool)
        border[1:-1, 1:-1] = False
        assert not (painting.object_mask & border).any(), painting.specimen


def test_part_masks_are_disjoint_and_fill_the_object(paintings):
    for painting in paintings:
        masks = np.stack(list(painting.part_masks.values()))
        assert not (masks & ~painting.object_mask).any()
        # pixels where four parts meet may belong to none of them by majority
        assert masks.any(0).sum() > 0.95 * painting.object_mask.sum()
        assert (masks.sum(0) > 1).sum() < 0.05 * painting.object_mask.sum()


def test_the_telling_part_is_small_but_visible(paintings):
    shares = []
    for painting in paintings:
        rows, columns = np.nonzero(painting.object_mask)
        box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        part = painting.part_masks[KINDS[painting.specimen.kind]].sum()
        assert part >= 110, painting.specimen  # about 7 x 7 pixels where the picture has 112
        shares.append(part / box)
    assert np.min(shares) > 0.03 and np.max(shares) < 0.13 and 0.04 < np.median(shares) < 0.09


def test_the_telling_part_has_its_colour(paintings):
    names, palette = list(COLOURS), np.array(list(COLOURS.values()))
    hits = []
    for painting in paintings:
        shown = np.median(painting.pixels[painting.part_masks[KINDS[painting.specimen.kind]]], 0)
        hits.append(names[((palette - shown) ** 2).sum(1).argmin()] == painting.specimen.part)
    assert np.mean(hits) > 0.9


def test_each_attribute_changes_the_picture_where_it_should():
    plain = paint(Specimen("bird", "blue", "plain", None, "red"), 5, 160)
    other_head = paint(Specimen("bird", "blue", "plain", None, "green"), 5, 160)
    changed = (plain.pixels != other_head.pixels).any(2)
    assert changed[plain.part_masks["head"]].mean() > 0.8 and not changed[~grown(plain.part_masks["head"])].any()
    for pattern in PATTERNS[1:]:
        patterned = paint(Specimen("bird", "blue", pattern, "white", "red"), 5, 160)
        changed = (plain.pixels != patterned.pixels).any(2)
        assert changed[plain.part_masks["trunk"]].mean() > 0.1 and not changed[~grown(plain.object_mask)].any()


def grown(mask: np.ndarray) -> np.ndarray:
    """The mask and two pixels around it, over which an antialiased edge may reach."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)


@pytest.mark.parametrize("seed, size", [(-1, 112), (0, 8)])
def test_paint_refuses_impossible_wishes(seed, size):
    with pytest.raises(ValueError, match="expected a s"):
        paint(BIRD, seed, size)


# words


@pytest.mark.parametrize(
    "said, phrase",
    [
        ({}, "bird"),
        ({"colour": "blue"}, "blue bird"),
        ({"pattern": "striped"}, "striped bird"),
        ({"pattern": "striped", "colour": "blue"}, "striped blue bird"),
        ({"pattern": "plain", "colour": "blue", "part": "red"}, "plain blue bird with a red head"),
        ({"colour": "blue", "pattern": "striped", "accent": "white"}, "blue and white striped bird"),
        ({"part": "red"}, "bird with a red head"),
    ],
)
def test_phrases(said, phrase):
    assert Description("bird", **said).phrase() == phrase


def test_an_accent_needs_its_colour_and_pattern():
    for said in ({"accent": "red"}, {"accent": "red", "colour": "blue"}, {"accent": "red", "pattern": "striped"}):
        with pytest.raises(ValueError, match="expected colour and a pattern"):
            Description("bird", **said)


def test_detail_grows_word_by_word():
    coat = "blue and white striped bird"
    phrases = ["bird", "blue bird", coat, f"{coat} with a red head"]
    assert [describe(BIRD, detail).phrase() for detail in range(4)] == phrases
    with pytest.raises(ValueError, match="expected detail"):
        describe(BIRD, 4)


def test_descriptions_match_what_they_describe_and_nothing_else():
    for seed, specimen in enumerate(specimens(100)):
        said = random_description(specimen, np.random.default_rng(seed))
        assert said.matches(specimen) and describe(specimen, 3).matches(specimen)
    other = Specimen("bird", "blue", "striped", "white", "green")
    assert describe(BIRD, 2).matches(other) and not describe(BIRD, 3).matches(other)


def test_about_half_of_the_random_descriptions_are_complete():
    rng = np.random.default_rng(0)
    complete = [random_description(BIRD, rng) == describe(BIRD, 3) for _ in range(1000)]
    assert 0.4 < np.mean(complete) < 0.6


def test_the_vocabulary_covers_every_caption():
    rng = np.random.default_rng(0)
    for specimen in specimens(200):
        phrase = random_description(specimen, rng).phrase()
        assert not any(unknown_words(template.format(phrase)) for template in TEMPLATES)
    assert set(COLOURS) | set(PATTERNS) | set(KINDS) | set(KINDS.values()) <= VOCABULARY
    assert TEMPLATES[0] == "a photo of a {}." and "a specimen photo of a {}." in TEMPLATES


def test_unknown_words_keep_their_order_and_come_once():
    assert unknown_words("A photo of a Teal, teal DOG with a red head!") == ("teal", "dog")


# label sets


def differences(one: Specimen, other: Specimen) -> set[str]:
    changed = {name for name in ("colour", "pattern", "accent", "part") if getattr(one, name) != getattr(other, name)}
    if {one.pattern, other.pattern} & {"plain"} and "pattern" in changed:
        changed.discard("accent")  # it comes and goes with the pattern
    return changed


@pytest.mark.parametrize("specimen", [BIRD, Specimen("fish", "red", "plain", None, "black")])
def test_a_label_set_is_full_of_near_misses(specimen):
    labels = label_set(specimen, np.random.default_rng(0))
    assert len(labels) == len(set(labels)) == 40 and specimen in labels
    assert {label.kind for label in labels} == {specimen.kind}
    changes = [differences(specimen, label) for label in labels]
    assert changes.count({"part"}) >= 8
    assert sum(len(change) == 1 and change != {"part"} for change in changes) >= 9
    assert sum(len(change) == 2 for change in changes) >= 9


def test_the_true_label_lies_anywhere():
    places = {label_set(BIRD, np.random.default_rng(seed), 8).index(BIRD) for seed in range(60)}
    assert places == set(range(8))


@pytest.mark.parametrize("count", [0, 1, 10**6])
def test_impossible_label_counts_are_refused(count):
    with pytest.raises(ValueError, match="expected count between"):
        label_set(BIRD, np.random.default_rng(0), count)
