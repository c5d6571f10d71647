"""What a visitor reads in step 6."""

VERDICT_UNKNOWN = (
    "**Attacked elsewhere:** without defence the model says {answer}. Neither the clean picture nor the true class is"
    " known, so no answer can be called right."
)
VERDICT_UNKNOWN_WRONG = "**Attacked elsewhere:** without defence the model says {answer} instead of {wanted}."
VERDICT_UNKNOWN_RIGHT = "**Attacked elsewhere:** without defence the model says {answer}, the true class."
FINAL = "From attacked to defended"
WRONG_BEFORE = {  # by whether the attacked picture is answered the same
    True: "**Wrong before any attack:** the model takes the picture for **{before}**, clean and attacked, instead of"
    " {wanted}.",
    False: "**Wrong before any attack:** the model took the clean picture for **{before}** and says **{after}** now,"
    " instead of {wanted}.",
}
NONE_LIKELIEST = "likeliest: {name}"
NONE_JUDGED = "; answers of many views have no cosine and are always one of the classes"
NONE_SAME = "the same answer or another: the clean picture was answered “none of these”"
NONE_LINE = "Cosines of all {of} classes: the highest is {best}, for {name}; the threshold is {threshold}"
NONE_BEST, NONE_THRESHOLD = "best {cosine}", "threshold {cosine}"
SUCCEEDED = {True: "Attack succeeded", False: "The damage turned the answer"}
FAILED = {True: "Attack failed", False: "The damage did not turn the answer"}

WEIGHTING = "Weights of the views"
WEIGHTINGS = {
    "similarity": "by likeness to other views (code of A-TPT, R-TPT)",
    "tv": "by calmness of the attention map (the paper's figure)",
    "uniform": "all alike",
}
WEIGH_MORE = "How the views are weighed"
NEIGHBOURS = "Neighbours counted"
TEMPERATURE = "Temperature of likeness"
ANSWER_VIEWS = "Surest views only (0: all)"
TV_ABOUT = (
    "Calmness is minus the total variation of a view's map. The paper's figure leaves open how it is taken; a formula"
    " reported by others sums, with temperature 1."
)
TV_MAP, TV_MAPS = "Taken on", {"grid": "the patch grid", "upsampled": "a map as large as the picture"}
TV_NORM = "Map"
TV_NORMS = {"minmax": "stretched to 0 to 1", "sum1": "as shares of the whole", "none": "as computed"}
TV_REDUCTION, TV_REDUCTIONS = "Differences", {"mean": "averaged", "sum": "summed"}
TV_TEMPERATURE = "Temperature of calmness"
DEFENCES_MORE = "Rare choices for all methods"
DEFENCES_EXPLAINED = "What each method does"
DEFENCES_HEADS = ("Method", "In one sentence", "Passes at 64 views", "Source")
NO_PURIFIER = "nothing"
PURIFIER = "Clean the picture first by"
PURIFIER_INFO = "For every method of the table; “Your settings” takes the picture as it is."
PURIFIED = "; the picture was cleaned by {purifier} first"
LEGACY = "As the official codes compute"
LEGACY_INFO = (
    "Keeps their flaws: the attacked picture cut off to 8 bits, no view kept where the share is below one, near-equal"
    " views not counted. Starts anew from the attack."
)
POSTER_CLEAN, POSTER_ATTACKED, POSTER_DEFENDED = "Clean", "Attacked", "Attacked, answered by A-TPT"
POSTER_YOURS = "Attacked, answered with your settings"
POSTER_MODEL = "Answers of the model **{model}**."
POSTER_MAP = "The last picture is bright where its map finds evidence: {map}."
STRANGE_JUDGED = "the same answer or another: for this model neither is right"
OF_DEFENCES = {  # this and the next ones: by whether a true class is given
    True: " Of the {of} {of:defence|defences} chosen, {right} {right:answers|answer} right.",
    False: " Of the {of} {of:defence|defences} chosen, {right} {right:keeps|keep} it.",
    None: " Of the {of} {of:defence|defences} chosen, {right} {right:answers|answer} as without defence.",
}
DEFENDED = {True: "answers right", False: "keeps the clean answer", None: "answers as without defence"}
NOT_DEFENDED = {
    True: "answers wrong", False: "does not keep the clean answer", None: "answers otherwise than without defence",
}  # fmt: skip
JUDGED = {
    True: "right or wrong against the true class",
    False: "as clean or not: no true class was given, so nothing can be called right",
    None: "the same as without defence or another: neither clean picture nor true class is known, so none is right",
}
RECORDED_SAME = (
    "This is specimen {number} of the kept records, asked about as then: all {count} methods answer as in its record."
)
RECORDED_DIFFERS = (
    "**Otherwise than the record of specimen {number}**, with the same settings and seed: {each}. Records were made on"
    " other machines, 322 of the 600 on a GPU; there the last digits of every iteration differ, and an answer that"
    " hangs by little turns."
)
RECORDED_OTHER = "{name} answers **{here}** here and **{there}** there"
ASKED, ASKED_MORE = "asks “{first}”", "asks “{first}” and {more} more"
DEFENCES_LABEL = "Methods"
YOURS_FROM, YOURS_STEPS = "views and prompt of steps 4 and 5", "{steps} tuning {steps:step|steps}"
YOURS_NOTE = "views and tuning as set in steps 4 and 5"
COMPARE = "Compare methods"
VERDICT_CAPTION = (
    ("What you see", "what each method answers for this one attacked picture, and how sure it is."),
    (
        "How",
        "all with the seed and settings of this page. Seconds are measured here; each method counts the making of its"
        " views, though views of one kind are made once.",
    ),
    (
        "What it does not show",
        "which method is better: one picture proves nothing. Whether the attack knew of a defence stands on its badge.",
    ),
)
