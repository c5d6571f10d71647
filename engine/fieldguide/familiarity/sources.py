"""Pictures that are no paintings of the Field Guide's: what its model must not answer as if it knew them.

`SETTING` are the sources that its measure of familiarity is fitted to, `TESTING` those that it is tested on: other
photographs, and other kinds of everything else. Each source makes the same pictures every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PIL import Image

from . import drawn, synthetic
from .photographs import crops, faces, screenshots

Source = Callable[[], list[Image.Image]]

SETTING: Mapping[str, Source] = {
    "photographs": partial(
        crops,
        ("coffee", "rocket", "camera", "motorcycle_left", "moon", "coins", "ihc", "clock_motion", "hubble_deep_field"),
        56,
        1,
    ),
    "the same in grey": partial(crops, ("coffee", "rocket", "motorcycle_left", "ihc"), 16, 7, grey=True),
    "scribbles": partial(drawn.many, drawn.scribble, 80, 8),
    "silhouettes": partial(drawn.many, drawn.silhouette, 80, 9),
    "mosaics": partial(drawn.many, drawn.mosaic, 60, 10),
    "written letters": partial(drawn.many, drawn.letters, 80, 2),
    "brown noise": partial(drawn.many, partial(synthetic.coloured_noise, exponent=2), 30, 3),
    "blocks": partial(drawn.many, synthetic.blocks, 40, 4),
    "salt and pepper": partial(drawn.many, synthetic.salt_and_pepper, 30, 5),
    "waves": partial(drawn.many, synthetic.waves, 40, 6),
}
TESTING: Mapping[str, Source] = {
    "photographs": partial(crops, ("astronaut", "chelsea", "grace_hopper", "retina", "microaneurysms", "cell"), 20, 11),
    "faces": partial(faces, 40),
    "textures": partial(crops, ("brick", "grass", "gravel"), 20, 13),
    "drawings": partial(drawn.many, drawn.shapes, 60, 14),
    "figures of matplotlib": partial(drawn.many, drawn.figure, 60, 15),
    "screenshots of the page": partial(screenshots, 10, 16),
    "printed pages": partial(crops, ("page", "text"), 20, 17),
    "logos": partial(crops, ("logo", "Minduka_Present_Blue_Pack", "horse", "color"), 10, 18),
    "uniform noise": partial(drawn.many, synthetic.uniform_noise, 20, 19),
    "gaussian noise": partial(drawn.many, synthetic.gaussian_noise, 20, 20),
    "pink noise": partial(drawn.many, partial(synthetic.coloured_noise, exponent=1), 20, 21),
    "plain colours": partial(drawn.many, synthetic.plain, 20, 22),
    "gradients": partial(drawn.many, synthetic.gradient, 20, 23),
}
