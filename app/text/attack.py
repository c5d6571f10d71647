"""What a visitor reads in step 2, and on the badges of attacks."""

ELSEWHERE_FOOLED = "Fooled: {far} away from the clean picture, the model now says {answer} instead of **{name}**."
ELSEWHERE_HELD = "Held: {far} away from the clean picture, the model still says {answer}."
ELSEWHERE_WRONG = (
    "Wrong before and after: the clean picture is answered **{clean}**, not **{name}**; the attacked one is answered"
    " {answer}."
)
ELSEWHERE_FAR = "It lies {far} away from the clean one."
ELSEWHERE_ANSWER = "The attacked picture is answered {answer}. What the clean one would be answered is unknown."
ELSEWHERE_TRUTH = " You say that it shows **{name}**."
ELSEWHERE_MADE = "attacked elsewhere: within which limit is unknown"
ELSEWHERE_CAPTION = {  # by whether the clean picture is known
    True: (
        ("What you see", "what lies between the two pictures that you gave, and what it does to the answer."),
        ("How", "both are fitted to the model's square and answered by it; nothing was searched for here."),
        ("What it does not show", "how the change was found, within which limit, or whether a smaller one exists."),
    ),
    False: (
        ("What you see", "how the model answers the attacked picture that you gave."),
        ("How", "one forward pass, as for any picture; nothing was searched for here."),
        ("What it does not show", "what was changed, by how much, or whether the picture was attacked at all."),
    ),
}
NO_CLEAN = "The clean picture is unknown: there is no before and after, no change to show and no distance."
LINF, L2 = "Largest change of a channel (Linf)", "Length of the change (L2, channels from 0 to 1)"
TOOK = {True: "{count} {count:iteration|iterations}", False: "{count} {count:look|looks}"}  # by whether by its gradient
AS_GIVEN, LIMIT = "as given", "limit"
THREAT_UNKNOWN = "Attacked elsewhere: what the attacker knew is unknown"

LIMITS = {"linf": "Limit ε, n/255", "l2": "Limit ε (L2)"}
ATTACK_STEPS = "Iterations"
ATTACK_KIND = "Method"
ATTACK = "Attack"
ADAPTIVE = "Attack through A-TPT"
UNANSWERED = "The picture has no answer yet that an attack could turn; step 1 says what it waits for."
ATTACK_MORE = "More of this attack"
NORM = "What the limit holds for"
NORMS = {"linf": "each channel of each pixel (Linf)", "l2": "the whole change, as a length (L2)"}
STEP_SIZES = {
    "linf": "Step size, n/255 (0: a quarter of the limit)",
    "l2": "Step size, L2 (0: a quarter of the limit)",
}
TARGET = "Target class"
TARGET_INFO = "With one, the attack pulls towards this class and does not care which other it leaves."
THROUGH = "Defence it goes through"
UNROLL = "How it follows the prompt's tuning"
UNROLLS = {
    "straight": "nearly: as if the step had the gradient's size",
    "exact": "exactly: through the optimiser's first step",
    "none": "not at all: the tuned prompt counts as given",
}
AS_ASKED_THERE = {  # by a setting of the attack
    "places": "each time the attacker asks: first about the clean picture where it must, then place by place",
    "severity": "at severity 1, then 2, up to the one that is set",
}
AS_FOUND = "as each iteration finds the picture, before changing it"
SEEN_THROUGH = "the attacker looks through random views"
AIMED_AT = "Made to break {defence}, not the model alone."
THROUGH_OPEN = "Whether {defence} holds is not known yet: “Attack” or “Compare” tells."
THROUGH_HELD = "**{defence} held:** the attack went through it, and it still answers {answer}."
THROUGH_BROKEN = "**{defence} broke:** the attack went through it, and it answers {answer} instead of **{name}**."
THROUGH_REACHED = "**{defence} broke:** the attack went through it, and it answers the target, {answer}."
THROUGH_SAYS = "{defence}, which the attack went through, answers {answer}."
DRAWS, DRAWS_INFO = "Looks per iteration", "Fresh random views, averaged (EOT)."
ATTACK_AT = "Go back through the attack: iteration"
SLIDER_LABEL, SLIDER_DRAG = "●\u00a0Clean on the left, ▲\u00a0attacked on the right", ": drag the line."
NOISE_ALT = "The change the attack made, amplified around grey"
ATTACK_CAPTION = (
    (
        "What you see",
        "the change found within the limit (n/255: n of the 255 steps of a colour channel), what it does to the answer,"
        " and how it got there.",
    ),
    (
        "How",
        "PGD climbs the loss of the class it pushes away from, or descends that of a target, within the limit; other"
        " methods search in other ways. The result is rounded to 8 bits.",
    ),
    ("What it does not show", "that no smaller or stronger change exists, or how the model fares on other pictures."),
)
ATTACK_CAPTION_FREE = (
    (
        "What you see",
        "a change without a limit, what it does to the answer and, where somebody aims it at the model, what the same"
        " does to it where nobody does (its null arm).",
    ),
    (
        "How",
        "see what stands below the menu; what the attacker knows and may do stands on the badge. The result is rounded"
        " to 8 bits.",
    ),
    (
        "What it does not show",
        "that the model would stand another place, size or wording, or how it fares on other pictures. A change that"
        " covers the object may turn the answer without deceiving anybody: compare with the null arm.",
    ),
)
NO_LIMIT = "no limit"
NULL_BADGE = "null arm: nothing is aimed at the model"
NULL_ARM = "For comparison: with {what} the model says {answer}."
NULL_SHOWS = {  # by whether the null arm turns the answer too
    True: "So covering the picture there is enough to turn the answer, and nothing shows that the model read or was"
    " misled by what was put there.",
    False: "So it is not the covering alone that turned the answer away from “{name}”.",
}
SEVERITY = "Severity"
PATCH_SHAPE, PATCH_SHAPES = "Shape of the patch", {"square": "a square", "circle": "a circle"}
PATCH_AT, PATCH_PLACES = "Place of the patch", {
    "given": "where it is set", "gradient": "where the gradient is steepest",
    "map": "where the map of relevance is strongest",
}  # fmt: skip
AMPLIFIED = "The change, amplified **{gain} times**; grey would be no change."
PLACE_PRESS = "Press it where it shall be, then Attack."
WRITTEN, WRITTEN_INFO = "What is written", "Choose a class or type anything of at most 60 letters."
WRITTEN_NONE = "The target, else the class that comes second"
TO_THE_EYE = {  # by how much of the change one sees
    "hidden": "to the eye almost the same picture",
    "faint": "almost the same picture, with a grain that one sees on looking closely",
    "seen": "one can see the change, and what the picture shows",
    "plain": "anyone can see the change",
}
LIKENESS = "How alike the pictures are (SSIM, 1: equal)"
THREAT_WHY = "White-box: it knows the weights and follows their gradients. Black-box: it only sees answers."
NOT_ATTACKED = "Not attacked: the limit is 0, so every later step sees the clean picture."
TURNS, LEADS = "turns the answer", "makes another class lead by {lead:g} {lead:logit|logits}"
FOUND = "The shortest change found that {wanted}: {found}."
FOUND_AND_CUT = FOUND + " The limit cut it to {limit}, so this shows no robustness beyond the limit."
FOUND_NONE = "It found no change that {wanted}. More steps may find one."
BELOW_A_LEVEL = "The limit, {limit}, is less than one level of 8 bits, so the saved picture is the clean one."
ERASED = "No channel changed by half a level of 8 bits, so the saved picture is the clean one."
HELD_AS_SAVED = (
    "Fooled as computed, but not after saving: rounded to 8 bits, as all later steps see it, the picture is still"
    " answered {answer}; before, it was **{computed}**."
)
WRONG_BOTH = {  # by whether it is the same wrong answer
    True: "Wrong before and after: the clean answer was already not **{name}**, and it stays {answer}.",
    False: "Wrong before and after: the clean answer was already not **{name}**; it is now {answer}.",
}
FOOLED_AS_SAVED = (
    "Fooled, but only after saving: rounded to 8 bits the picture is answered {answer} instead of **{name}**; as"
    " computed it was not."
)
MISSED_AS_SAVED = (
    "Reached the target as computed, but not after saving: rounded to 8 bits, as all later steps see it, the picture is"
    " answered {answer}."
)
REACHED_AS_SAVED = "Reached the target, but only after saving: rounded to 8 bits the picture is answered {answer}."
MOVED = {  # by whether the attacked picture is answered otherwise
    True: "The attack moves the answer from **{before}** to {answer}.",
    False: "The attack leaves the answer: {answer}.",
}
ITERATIONS = " {steps} {steps:iteration|iterations},"
ITSELF, FROM_ITS_ANSWER = "itself", "away from the model's own answer"

ADAPTIVE_IS = (
    "“Attack through A-TPT” tries to fool the defence too: it is PGD within {limit}, and goes through the defence's"
    " views, tuning and weights at every iteration{cost}."
)
ADAPTIVE_TIMES = ", for some {times} times the computing of {attack} as set"
ADAPTIVE_INSTEAD = " It takes the place of “{attack}”, which goes through no defence."
