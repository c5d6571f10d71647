"""What a visitor reads in step 4."""

VIEW_KIND = "Kind"
VIEW_KINDS = {
    "attention": "Attention-guided (A-TPT)",
    "augmix": "Plain AugMix (TPT, R-TPT)",
    "crops": "Crops only (MTA, ZERO)",
    "perspective": "Other angles (AGC)",
    "everyday": "Everyday changes (DBD)",
}
VIEW_SHARES = {
    "high": "High attention: share of pixels",
    "low": "Low attention: share of pixels",
    "keep_high": "Crop kept where attention is high",
    "keep_low": "Crop kept where attention is low",
    "smallest_crop": "Smallest crop, share of the area",
}
MAKE_VIEWS = "Make views"
SORT = "Sort by"
SORTS = {
    "index": "number",
    "entropy": "entropy, surest first",
    "weight": "weight in the answer",
    "map": "map most like the picture's",
}
VIEWS_TITLE, VIEWS_HINT = "{count} views of the attacked picture", "scroll among them to see all"
VIEWS_STRANGE = "How many answer as was asked for or as on the clean picture (=), which means nothing here:"
VIEWS_ASKED = {
    True: "How many answer with the true class (✓) before any tuning:",
    False: "How many answer as on the clean picture (✓) before any tuning:",
    None: "How many answer as the attacked picture itself (=) before any tuning, which is neither right nor wrong:",
}
VIEWS_ALL, VIEWS_ALL_WHY = "All views", "Each view counts once"
VIEWS_TUNING, VIEWS_TUNING_WHY = "Those that drive the tuning", "The surest views move the prompt in step 5"
VIEWS_WEIGHT = "Weight of {right:the {right} view|all {right} views} that {right:answers|answer} so"
VIEWS_WEIGHT_WHY = "Whether they drive the tuning or not; the weights of step 6 add up to 100 %"
TILE_NUMBERS = "number of the view, and its entropy: 0 means sure of one class"
TILE_RIGHT = {True: "the true class", False: "the clean answer", None: "the same answer"}
TILE_OTHER = "another answer; of a long name only the words that differ"
TILE_WRONG = "a wrong answer; of a long name only the words that differ"
TILE_TUNES = "{count:the surest view|one of the {count} surest}: it moves the prompt"
TILE_WEIGHS = "weight in the answer, as step 6 says; all alike would be {even}"
VIEW_TITLE = "View {view} opened"
VIEW_SURE, VIEW_SURE_WHY = "Share of its answer", "Under the untuned prompt"
VIEW_ENTROPY, VIEW_ENTROPY_WHY = "Entropy", "0: sure of one class"
VIEW_RANK, VIEW_RANK_WHY = "Rank by sureness", "1 is the view with least entropy"
VIEW_DRIVES, VIEW_WEIGHT = "Drives the tuning", "Weight in the answer"
VIEW_MAP = "Likeness of its map to the attacked picture's (1: the same; no part of the weight)"
VIEW_MAP_WHY = (
    "Rank correlation of this view's map with that of view 0, cut and mirrored alike: 1 the same, 0 unrelated. Each map"
    " is for its own view's answer; –: a map that is the same everywhere has no order"
)
VIEW_WHOLE = "The attacked picture itself, not cut and not mixed."
VIEW_CROP = "Cut from {width} × {height} pixels at ({left}, {top}){mirrored}."
VIEW_ANGLE = "The whole picture as from another angle; what lies outside it is black."
VIEW_CHANGED = "The whole picture with one change: {change}."
VIEW_BETA = " Plain AugMix would keep {beta} of the crop everywhere, a share drawn by chance."
VIEW_REGIONS = (
    " Guided by this view's attention (yellow: strongest), {keep_high} is kept on the {high} of the pixels where it is"
    " highest, however faint, and {keep_low} on the {low} where it is lowest"
)
VIEW_BETWEEN = "; on the {middle} between, chance decides as in plain AugMix."
VIEW_DEGENERATE = " This view's map is degenerate: it shows amplified rounding residue."
VIEW_ALT = "View {view}: {part}"
VIEWS_CAPTION = (
    ("What you see", "all views of the attacked picture; number 0 is the picture itself. Pick one to open it."),
    (
        "How",
        "random crops, each mixed with an altered copy of itself (“pure mix”): guided views take little of the copy"
        " where attention is high and much where it is low, plain AugMix the same share everywhere. The attack was"
        " fitted to the whole picture as it is, so many crops escape it. Other angles and most everyday changes show"
        " all of the picture, and are not mixed.",
    ),
    (
        "What it does not show",
        "that a crop holds the object: a sure view can be sure of the wrong class. What the model would answer to the"
        " plain AugMix view is another run: choose it under Kind.",
    ),
)
VIEW_PARTS = ("Crop (base)", "Its attention", "Kept (light: more)", "Pure mix", "Plain AugMix", "The view")
