"""What a visitor reads where ordinary damage stands in all its severities."""

ASK = "How much of this damage does the answer bear?"
RUN = "Show all severities"
EMPTY = "Press **Show all severities** to see the picture damaged five times, ever more, with the answer to each."
TITLE = "{kind}, severity 1 to 5"
HINT = "the same damage as that of the attack with this seed"
NAMES = ("As it is", "Severity 1", "Severity 2", "Severity 3", "Severity 4", "Severity 5")
ALT = "The picture, {name}"
SAID_ALL = "The answer stays the same at every severity."
SAID = "Another answer first comes at **severity {first}**."
SAID_BACK = " At severity {back} the first one is back: severities are steps of a recipe, not of one measure."
CAPTION = (
    ("What you see", "the picture as it is, then under this damage in its five published severities, each with the"
     " answer and its share."),
    ("How", "the constants of ImageNet-C (Hendrycks and Dietterich, 2019), lengths grown with the picture; one draw of"
     " what is random, by the seed. The share of the answer is of the class names that are set."),
    ("It does not show", "any attacker: nobody aims this at the model. And one draw for one picture is no rate: many"
     " pictures are for atpt evaluate, with --corruption and --severity."),
)  # fmt: skip
