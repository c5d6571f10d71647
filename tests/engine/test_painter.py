"""A specimen on demand is the one that was asked for, with the question that goes with it."""

import subprocess
import sys

import numpy as np
import pytest

import engine
from engine.fieldguide.world.questions import ask_about

BIRD = engine.fieldguide.Specimen("bird", "blue", "striped", "white", "red")


def test_the_painting_is_that_of_the_question_with_its_classes_and_masks():
    painted, question = engine.fieldguide.paint_specimen(BIRD, 7), ask_about(BIRD, np.random.default_rng(7))
    assert np.array_equal(np.asarray(painted.image), question.painting.pixels)
    assert painted.classes == question.classes and len(painted.classes) == 40
    assert painted.classes.names[painted.label] == "blue and white striped bird with a red head"
    mask = np.asarray(painted.mask)
    assert np.array_equal(mask > 0, question.painting.object_mask)
    assert np.array_equal(mask == 128, question.painting.part_masks["head"])


def test_the_number_decides_the_scene():
    first, again, other = (np.asarray(engine.fieldguide.paint_specimen(BIRD, n).image) for n in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    "asked, said", [("", "ready"), ("engine.fieldguide.paint_specimen(bird, 1)", "system library")]
)
def test_without_opencv_only_painting_fails(asked, said):
    """What opencv-python needs of the system is often missing on servers; the page must still start there."""
    script = (
        "import sys; sys.modules['cv2'] = None\n"
        "import engine\n"
        "bird = engine.fieldguide.Specimen('bird', 'blue', 'plain', None, 'red')\n"
        f"try: {asked or 'pass'}\n"
        "except engine.EngineError as error: print(error)\n"
        "else: print('ready')"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said in ran.stdout
