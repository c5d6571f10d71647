"""A question and the settings of a quick story, for tests of the page without a browser."""

import engine
from app.choices import ATTACKED, NO_RIVAL, NO_TARGET, Choices

CLASSES = engine.Classes(("red fish", "blue fish", "green fish"))
CHOICES = Choices(
    class_names="red fish\nblue fish\ngreen fish", template="a photo of a {}.", prompt_ensemble=False,
    domain_word="", true_class="blue fish", seed=0, attack="pgd", eps=4, steps=3, norm="linf",
    step_size=0, target=NO_TARGET, eot_samples=1, target_defence="a-tpt", unroll="straight",
    map="a-tpt", about=ATTACKED, against=NO_RIVAL, colours="viridis", cells="patches", scale="shared",
    kind="attention", views=8, high=0.2, low=0.8, keep_high=0.8, keep_low=0.2, smallest_crop=0.08,
    opened_view=1,
    loss="pointwise", tune_steps=2, learning_rate=0.005, keep=0.5, weighting="similarity", neighbours=4,
    temperature=0.01, answer_views=0, tv_map="grid", tv_norm="minmax", tv_reduction="mean", tv_temperature=0.05,
    defences=["clip", "a-tpt"], purifier="", legacy=False, clip_quantile=0.99, layer=-1,
    head=-1, fusion="mean", discard=0.0, shuffled="", guide="a-tpt", augmix=True, weight_decay=0.01,
)  # fmt: skip
