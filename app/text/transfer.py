"""What a visitor reads where other models answer about the attacked picture."""

TITLE = "Does it fool another model?"
ASK = "An attack looks inside one model. Does another one, which it has never seen, fall for the same picture?"
OTHERS = "Other models that are here"
RUN = "Ask the other model"
LONELY = (
    "Only the built-in model is on this machine: beside it stands the same model looking at larger pictures. Another"
    " one is fetched once, under “Model” beside the picture; what lies in the hub's cache is listed here."
)
FREE = " You can also write local-dir:FOLDER, for a model folder of your own."
EMPTY = (
    "Press **{run}** to make the attack on each model, and let all of them answer about the clean picture, the attacked"
    " one, and one with as much random noise, or the attack's own null arm."
)
CHANGED = "The attack is another one now. Press **{run}** to hand it on."
NONE_CHOSEN = "Choose another model first: that is who is asked."
NOT_HERE = (
    "“{name}” is not on this machine. Fetch it under “Model” beside the picture first; nothing is downloaded here."
)
OWN = "“{name}” is the model that is attacked already; choose another one."
UNREADABLE = "{name} does not know the words {words}, so it cannot answer with these class names."
ELSEWHERE = "This picture was attacked elsewhere, and nobody here knows on which model: there is no attack to hand on."
LOADING = "Loading {name}"
BUSY = "Attacking one model after the other, and asking all of them"
DONE = "All models have answered."
ON = "made on {name}"
HEADS = ("The attack", "answered by {name}")
ENDS = {
    "transferred": "transferred",
    "held": "no transfer",
    "missed": "did not even fool its own",
    "turned": "fools only this one",
    "noisy": "noise does it too",
    "spoilt": "wrong before",
}
ENDS_OWN = {"transferred": "fooled", "missed": "not fooled", "noisy": "noise does it too", "spoilt": "wrong before"}
ENDS_WHY = {
    "transferred": "Right on the clean picture and under {null}, wrong on the attacked one.",
    "held": "Right on the clean picture and on the attacked one.",
    "missed": "Right on the attacked picture; so is the model that it was made on.",
    "turned": "Wrong on the attacked picture, though the model that it was made on is right.",
    "noisy": "Wrong on the attacked picture, but under {null} too: that says nothing of the attack.",
    "spoilt": "Wrong on the clean picture already: whether the attack fools it is not to be said.",
}
TONES = {"transferred": "bad", "turned": "bad", "held": "good", "missed": "", "noisy": "", "spoilt": ""}
SAID = {
    "transferred": "The attack made on {on} **fools {by} too**.",
    "held": "The attack made on {on} **does not fool {by}**.",
    "missed": "The attack did not fool {on} to begin with, and it does not fool {by}.",
    "turned": "The attack did not fool {on}, which it was made on, but it fools {by}.",
    "noisy": "{by} is wrong on the attack made on {on}, but **{null} does that too**.",
    "spoilt": "{by} is **wrong on the clean picture already**: the attack made on {on} cannot be judged there.",
}
NOISE, NULL_ARM = "as much random noise", "the null arm"  # the latter where the attack has one of its own
NULL, NULL_ENDS = "null arm: {what}", "null arm does it too"
STRANGE = "{names}: no such picture was in its training, so whether it is fooled means nothing."
STRANGE_SAID = "Below stand the answers; whether somebody is fooled cannot be said."
RESIZED = (
    "They look at different sizes ({sizes}): what one saw is resized for the other, which **weakens the attack**. Where"
    " it does not transfer, that alone may be why."
)
NEAR = "The same weights at another size are a near relative, not a stranger: another model may be fooled less or more."
ARMS = {"clean": ("●", "clean"), "attacked": ("▲", "attacked"), "noise": ("◇", "noise")}
HINT = "how far the {wanted} leads, in logits; below 0 another class is answered"
WANTED = {True: "true class", False: "clean answer of the attacked model"}
CAPTION = (
    ("What you see", "in each row an attack made on one model, in each column what a model answers about it: to the"
     " clean picture, the attacked one, and the clean one under as much random noise or, where the attack has one, its"
     " own null arm, with the lead of the class that should be answered."),
    ("How", "all answer with the same class names and sentences. Each attack has the settings of this step and knows"
     " only the model it is made on; the others get the square that that one saw, in 8 bits, resized if theirs has"
     " another size. The noise, or the null arm, is the check: what it does too says nothing of the attack."),
    ("It does not show", "how often attacks transfer: this is one picture, and atpt evaluate --answer-with counts many."
     " Attacks that are made to transfer do so more often. Of a model with random weights, which nobody trained, no"
     " answer means anything."),
)  # fmt: skip
