"""How far the engine may be from golden numbers: (float32, float64), relative to the largest stored value.

The float32 numbers are what the official code keeps against its own float64, with room for another machine's rounding.
"""

EXACT = (0.0, 0.0)  # read, counted or sorted, not computed
PIXELS = (1e-6, 1e-9)  # one multiplication and one addition
MEANS = (1e-6, 1e-9)
FEATURES = (5e-6, 1e-12)
LOGITS = (5e-6, 1e-12)
ENTROPIES = (3e-5, 1e-11)  # logits near 100 lose two digits in the softmax
TRACED = (1e-5, 1e-11)
GRADIENTS = (1e-4, 1e-10)  # with respect to tokens, through two blocks
THRESHOLDS = (1e-5, 1e-9)
MAPS = (5e-3, 1e-8)  # divided by sums in which the last block's patches are zero but for rounding (methods 2.12)
GRAD_CAM = (1e-4, 1e-10)
LAYER4_CAM = (1e-4, 1e-11)
SHARPENED = (1e-3, 1e-7)  # squared after dividing by the largest; some are stored rounded to float32
GRADIENT = (3e-4, 1e-10)  # with respect to the prompt, through the whole text tower; small where views are sure
LOSSES = (1e-3, 1e-10)  # a sure prediction has a tiny entropy, and errors of its logits weigh more
CONTEXT_AFTER = {1: (2e-6, 1e-12), 2: (1e-4, 1e-9), 4: (1e-3, 1e-8)}  # later steps divide by ever smaller moments
TUNED = (2e-5, 1e-9)
SCORES = (2e-6, 1e-12)
WEIGHTS = (1e-4, 1e-9)  # softmax over 0.01 multiplies errors of the scores by 100

TINY_GRADIENT = 1e-4  # of the largest: there the first step's direction is rounding in float32
NEARLY_DEGENERATE = 0.02  # of the largest class token product: below it rounding shapes a float32 map (methods 2.12)
ON_THRESHOLD = 1e-9  # pixels this near a threshold fall to either side
NEAR_THRESHOLD = 1e-6  # the same where the float32 map is our own, stretched from the stored grid
