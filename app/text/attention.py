"""What a visitor reads in step 3: maps, heads, words, occlusion."""

NO_CLEAN_MAP = "The clean picture is unknown: there is no clean map, no difference, and no noise to compare with."
OCCLUSION_TITLE_ATTACKED = "The attacked picture blurred and brought back, for “{name}”"
HEADS_LONG_ATTACKED = (
    "Dashed: patches whose token is more than twice as long as the median after this layer ({attacked})."
)

MAP_KIND = "Map"
MAP_ABOUT, MAP_AGAINST = "Evidence for", "Rather than for"
LOOK = "Draw maps"
IN_THIS_STEP = (
    ("every", "↓ Every kind of map"), ("occlusion", "↓ Map test"), ("words-read", "↓ Words"),
    ("attention-heads", "↓ Layers, heads, patches"),
)  # fmt: skip
MORE_BELOW = "Further down:"
OPACITY = "Overlay"
COLOURS = "Colours"
CELLS = "Cells"
CELL_KINDS = {"patches": "one per patch", "smooth": "smoothed (invents detail)"}
SCALE = "Scale"
SCALES = {"shared": "shared", "own": "each its own"}
MAP_DEGENERATE = (
    "{which}: more than a tenth of {n:it|each} stems from weights of the last block that exact arithmetic would make"
    " zero. {n:It shows|They show} amplified rounding residue. Do not read {n:it|them} as evidence."
)
MAP_SWITCH = "Draw {map}"
MAP_ARMS, MAP_ARM_FOR = ("Clean map", "Attacked map"), " for {subject}"
GUIDE_TITLE = "What A-TPT mixes by: {map}"
GUIDE_WHY = (
    "Whatever map you read above, A-TPT makes its views by this one: a crop keeps more of itself where it is strong and"
    " takes more of an altered copy where it is weak. Each crop has its own; these are of the whole picture. Often only"
    " few of its cells are strong: read evidence from the maps above."
)
GUIDE_ABOUT = (
    "Drawn for the model's own answer, as the defence does: “{clean}” before the attack, “{attacked}” after it."
)
GUIDE_ABOUT_SAME = "Drawn for the model's own answer, as the defence does: “{clean}” before the attack and after it."
GUIDE_ABOUT_ONE = "Drawn for the model's own answer, as the defence does: “{attacked}”."
GUIDE_DEGENERATE = "{which}: amplified rounding residue. The defence mixes by {n:it|them} all the same."
MAP_SHARED_PAIR = "one scale for clean and attacked"
MAP_CHOSEN = "the class you chose"
MAP_SUBJECTS = "{first}, and below it for {second}"
MAP_SUBJECT, MAP_SUBJECT_AGAINST = "“{name}”", "“{name}” rather than “{other}”"
MAP_SHARED = "one scale for clean and attacked, one for the differences"
MAP_SHARED_BOTH = "one scale for the maps of both classes, one for the differences"
MAP_OWN = "each map on its own scale: colours do not compare"
MAP_CAPTION = (
    ("What you see", "where the chosen method finds evidence for {label}; the white outline holds the strongest."),
    ("How", "{how} Values as computed, one number per patch, over the greyed picture."),
    (
        "What it does not show",
        "how much the model believes a class, nor why. Such maps say where information flowed, not what caused the"
        " answer.",
    ),
)
MAP_PLACES = "Compare places: brighter does not mean more believed, on either picture or for either class."
MAP_LINES = (
    "White outline: top 20 % of cells, as far as they reach {floor:g} % of the strongest. Scales end at the 99th"
    " percentile; values have no unit. Where few cells are strong, colours follow a root of the distance from the least"
    " value, so that weaker cells show too: the same for all maps of a scale, below which it stands, with the value of"
    " the middle colour."
)
MAP_LINES_SHORT = "White outline: strongest fifth of the cells.{object} Values have no unit; {scale}."
MAP_OBJECT_SHORT = " Thin line: the object."
MAP_OBJECT = " Thin line, in any colour that shows: the object's true outline."
FLAT_SMALL, STRONGEST_SMALL = "flat", "peak {value}"
MAP_HOVER = "Point at a cell, by mouse or finger: the veil lifts there, and its value stands below."
MAP_GOES_ON = "The picture goes on beyond what is drawn here: step 1 shows all of it, and so do the files of the maps."
SAVE_WHY = "Download this map over the whole picture, at the picture's own size (at most 4,096 pixels long)"
SAVING, SAVED = "Drawing the map over the whole picture", "The map is drawn: the download has started."
SAVE_GONE = "This map is not there any more: draw it again first."
SAVE_NO_FILE = "The picture's file is no longer here: upload it again to download maps over it."
MAP_TITLE, MAP_TITLE_AGAINST = "Evidence for {subject}, {why}", "Evidence for {subject}"
MAP_TITLE_NO_CLASS = "Where the model looks, whatever the class: this map asks for none"
MAP_CAPTION_NO_CLASS = (
    ("What you see", "where the chosen method says the model looks; the white outline holds the strongest."),
    *MAP_CAPTION[1:2],
    (
        "What it does not show",
        "evidence for or against any class: it would be the same for all of them, so it cannot say what an answer rests"
        " on.",
    ),
)
SIMILARITY_TITLE = "Did the attack move the map?"
SIMILARITY_HINTS = {  # by whether the attack has a null arm of its own
    False: "the first maps above; beside harmless noise",
    True: "the first maps above; beside the null arm",
}
TRUTH_HEADS = ("Map", "Strongest cell", "Of the map, on the object", "Of the map, on that part")
POINTS_NOWHERE = "none: flat map"
TRUTH_HINT = (
    "the first maps above; the object covers {object} of the picture, the part named last, after “with”, {part}"
)
SIMILARITY_HEADS = (
    "Clean map compared with", "Rank correlation", "Structure (SSIM)", "Strongest fifth in common (IoU)",
    "Centre moved, of the side",
)  # fmt: skip
SIMILARITY_ALIKE = (
    "Maps that are the same: 1, 1, 100 % and 0 %. The strongest fifth counts cells too faint to be outlined, but none"
    " at its map's minimum: what points at few cells has few to share."
)
SIMILARITY_FLAT = "–: nothing to compare, as a map that is the same everywhere has no order and no strongest cells."
SIMILARITY_MORE = {
    False: "By {more} of the {of} measures the attack changed this map more than random noise of its size.",
    True: "By {more} of the {of} measures the attack changed this map more than its null arm.",
}
SIMILARITY_NULL_OWN = "null arm: {what}"
SIMILARITY_NULL = "random noise of the same size"
SIMILARITY_RANDOM = "a map drawn at random"

EVERY_ASKS = "There are many ways to draw such a map. Do they agree, and which of them can be trusted here?"
EVERY_RUN = "Draw every map"
EVERY_EMPTY = "Press **Draw every map** to see all kinds side by side, each with what tells good maps from bad."
EVERY_TITLE, EVERY_TITLE_FOR = "Every kind of map", "Every kind of map, for {subject}"
EVERY_HINT = "one scale for the two maps of a kind, with a root where it needs one"
EVERY_ENDS = ("least", "", "99th percentile of the two maps of a kind")
EVERY_HEADS = (
    "Map", "● Clean", "▲ Attacked", "Alike: attacked", "Alike: null arm", "Alike: shuffled model (near 0 is good)",
)  # fmt: skip
EVERY_TRUTH = ("On object (by chance {chance}): clean", "On object: attacked")
EVERY_DEGENERATE = "degenerate: rounding residue"
EVERY_ALIKE = {  # by whether the clean picture is known
    True: "alike: rank correlation of the clean map with the attacked one, with that of its null arm (random"
    " noise of the same size where it has no other), and with that ",
    False: "alike: rank correlation of the attacked map with that ",
}
EVERY_CAPTION = (
    (
        "What you see",
        "every map, for the same class where it asks for one, and how much of it lies on the object where that is"
        " known; “peak” tells whether its strongest cell does.",
    ),
    (
        "How",
        "{alike}of a model whose last block's weights are shuffled (Adebayo et al., NeurIPS 2018). The random baseline"
        " is drawn anew for every picture, whatever the model, and is not the random map of the tables above.",
    ),
    (
        "What it does not show",
        "which map is true. A map that stays the same when the last block is shuffled says little about that block. Raw"
        " attention, attention rollout and the baselines ask for no class at all. Of 600 painted pictures edges alone"
        " find the object about as often as A-TPT's map: to find it proves little.",
    ),
)

WORDS_ASK = "The other half of the answer is the sentence. Which of its words make the picture fit?"
WORDS_RUN = "Read the words"
WORDS_EMPTY = "Press **Read the words** to see which words of the class's sentence count, before and after the attack."
WORDS_TITLE, WORDS_HINT = "Words of “{name}”, {why}", "shares of each sentence, rounded; they add up to 100 %"
WORDS_SCORE = "fits with {score:.2f}"
WORDS_CAPTION = (
    ("What you see", "how much each word counts for the fit of sentence and picture; the stronger the tint, the more."),
    (
        "How",
        "gradient-weighted relevance through all blocks of the text tower (Chefer et al., ICCV 2021). “Fits” is the"
        " scaled cosine that softmax turns into shares.",
    ),
    (
        "What it does not show",
        "words that speak against the picture: only positive parts are kept. A word acts through all words after it, so"
        " the last ones gather more, and 0 % does not mean that a word is ignored.",
    ),
)

OCCLUSION_ASKS = "Does the answer hang on what the map points at? Blur its strongest patches and see."
OCCLUSION_RUN = "Test the map"
OCCLUSION_EMPTY = {  # by whether the clean picture is known
    True: "Press **Test the map** to blur the clean picture patch by patch, in the order of the map.",
    False: "Press **Test the map** to blur the attacked picture patch by patch, in the order of the map.",
}
OCCLUSION_TITLE = "The clean picture blurred and brought back, for “{name}”"
OCCLUSION_MAP = "this map"
OCCLUSION_AXIS = "step of {steps}: {share} of patches each, strongest first"
DELETION, INSERTION = ("Deletion: blur them", "lower is better"), ("Insertion: bring them back", "higher is better")
OCCLUSION_SUMMARY = (
    "On this picture the map's order is {deletion} at deletion and {insertion} at insertion than a random one; areas"
    " within {same:g} of each other count as alike. The wholly blurred picture still gives the class {left}."
)
OCCLUSION_FLAT = (
    "This map is the same everywhere and puts no patch before another: its order here was drawn at random, like the"
    " other."
)
OCCLUSION_BETTER, OCCLUSION_WORSE, OCCLUSION_SAME = "better", "worse", "no better"
OCCLUSION_CAPTION = (
    ("What you see", "the class's probability while patches are blurred, or brought back into the blurred picture."),
    (
        "How",
        "deletion and insertion (Petsiuk et al., BMVC 2018) with a blur, equal patches in random order; the area under"
        " each curve is its score.",
    ),
    ("What it does not show", "how a picture with half its patches blurred should look to a model never shown one."),
)

HEADS_PICTURE, HEADS_PICTURES = "Heads of the", {"clean": "clean picture", "attacked": "attacked picture"}
HEADS_ORDER = "Order of the heads"
HEADS_ORDERS = {"number": "as numbered", "focused": "most focused first", "moved": "most moved by the attack first"}
HEADS_LOOK = "Look inside"
HEADS_EMPTY = "Press **Look inside** to see what every head of every layer reads, and to ask single patches."
HEADS_TITLE = "What the class token reads, head by head: {picture}"
HEADS_SHARED, HEADS_OWN = "one scale, also for the other picture", "each head on its own scale"
HEADS_ENDS, HEADS_UNIT = ("least", "", "the head's 99th percentile"), "share of the attention that goes to a patch"
HEAD, HEADS_OPENED = "layer {layer}, head {head}", "{head}: what {reader} reads"
HEADS_CLASS, HEADS_PATCH = "the class token", "the patch in row {row}, column {column}"
HEADS_OUTLINE = (
    "Shares of the attention, on a scale of this head's own; white outline: the strongest fifth without its faint"
    " cells."
)
HEADS_PRESS = "Press a patch to see what it reads, or move from patch to patch with the arrow keys."
HEADS_BACK = "Back to the class token"
HEADS_NONE_LONG = (
    "Patches with an outsized token, which models use as scratch space, would be dashed; this layer leaves none."
)
HEADS_LONG = (
    "Dashed: patches whose token is more than twice as long as the median after this layer (clean {clean}, attacked"
    " {attacked}). Models use such patches as scratch space (Darcet et al., ICLR 2024): do not read them as evidence."
)
HEADS_LAYERS = "What would the answer be after each layer?"
HEADS_LAYERS_HINT = "read off as if that layer were the last"
HEADS_PUSHED, HEADS_NOW = "Class pushed away from", "answer after the attack"
HEADS_TRUE_CLEAN, HEADS_TRUE_ATTACKED = "class pushed away from, clean picture", "the same, attacked picture"
HEADS_NOW_ATTACKED = "answer after the attack, attacked picture"
HEADS_CAPTION = (
    (
        "What you see",
        "raw attention: which patches a head reads for the class token, no word but the slot that becomes the answer,"
        " or for the patch you pressed.",
    ),
    ("How", "softmax of query times key in that head, as it is; what goes to the class token itself is left out."),
    (
        "What it does not show",
        "what the head does with what it reads, nor whether the answer depends on it. Early layers were never trained"
        " to answer, so their probabilities are a rough guide.",
    ),
)
