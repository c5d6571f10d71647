"""What a visitor reads where it is asked whether one could tell that a picture was attacked."""

TITLE = "Could one tell that it was attacked?"
ASK = "A guard who knows nothing of the attack looks for signs of one. Would it be noticed, and what else would be?"
RUN = "Look for signs"
EMPTY = "Press **Look for signs** to give each picture {count} scores that are meant to be high where it was attacked."
NAMES = {
    "clean": "clean picture",
    "noise": "noise as large",
    "attacked": "attacked picture",
    "unnoticed": "attack that knows the scores",
}
NULL = "null arm: {what}"
NOISE, NULL_ARM = "noise as large", "the null arm"
CALLED = {
    "stillness": "Hardly moved by weak noise",
    "border": "Turned by a border",
    "drift": "Moved far by strong noise",
}
HINT = "higher is more suspicious; each score beside those of {pictures} clean and {pictures} attacked paintings"
HINT_RAW = "higher is more suspicious"
LINES = {"noise": "outline above: noise as large", "unnoticed": "outline below: attacks that know the scores",
         "threshold": "5 % of clean pictures lie right of the broken line"}  # fmt: skip
JUDGED = {
    True: "The attacked picture would be **flagged**: only {alarms} of the clean pictures score as high.",
    False: "The attacked picture would **not be flagged**: {alarms} of the clean pictures score as high or higher.",
}
AUROC = "Attacked told from clean: AUROC **{auroc}** ({low} to {high}){kind}. Noise: {noise}."
AUROC_KNOWING = " Attacks that know the scores: {auroc} ({low} to {high}), on {pictures} pictures."
KINDS = {
    "wrong": ", below 0.5: on this model the score points the **wrong way**",
    "none": ", which is no better than a coin",
    "right": "",
}
SAID = (
    "At a threshold that 5 % of clean pictures are above, **{attacked} of {of}** scores {attacked:flags|flag} the"
    " attacked picture."
)
SAID_ALONE = " The clean one is flagged by {clean}, {null} by {noise}."
SAID_KNOWING = {
    True: " The attacker who knows the scores turns the answer{too}, and is flagged by **{unnoticed}**.",
    False: " The attacker who knows the scores does not turn the answer here; flagged by {unnoticed}.",
}
SAID_UNKNOWN = (
    "Nothing is kept of other pictures on this model, so there is nothing to compare these numbers with: whether they"
    " are high for it, nobody can say here."
)
TOO = " too"  # where the plain attack does
SAID_MISSED = " The attack turned no answer here."
NONE = "none"
TABLE = "The numbers"
HEADS = ("Picture", "Answer")
FORMULA = "{name} = {formula}: {source}."
CAPTION = (
    ("What you see", "each score on its own line: blue above, how it is spread over clean paintings; orange below, over"
     " attacked ones (PGD within {limit}, {steps} steps, specimens that the model never saw). The signs are the"
     " pictures of this page."),
    ("How", "each score looks at the picture once more with something done to it, and asks how far what the model sees"
     " moved. The first and the last add noise, weak and strong; the second shrinks it into a white border. No label is"
     " used, and the noise is drawn by the seed of the views."),
    ("It does not show", "a guard that holds. What notices one attack may miss another; where one picture in a hundred"
     " is attacked, 5 % of false alarms are most of the alarms; and an attacker who knows the scores (the star) tries"
     " to keep them down while it fools the model, and mostly can."),
)  # fmt: skip
ALT = "{name}, spread over {pictures} clean and {pictures} attacked pictures; {marks}."
