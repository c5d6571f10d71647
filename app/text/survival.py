"""What a visitor reads where the attacked picture goes through what happens to pictures."""

TITLE = "Does it survive?"
ASK = "Files are compressed, pictures resized, cropped, photographed from a screen. Does the attack outlive that?"
RUN = "Send it on its way"
EMPTY = "Press **Send it on its way** to see the answers behind each of {count} changes that happen to pictures."
HINT = "how far the {wanted} leads, in logits; right of the line it is answered"
NAMES = {"clean": "clean picture", "attacked": "attacked picture"}
NONE = "as it is"
WANTED = {True: "true class", False: "clean answer", None: "first answer"}
HEADS = ("What happened to it", "Clean", "Attacked", "The attack")
ENDS = {
    "held": "survives",
    "gone": "is gone",
    "spoilt": "cannot be told",
    "missed": "fooled nobody",
    "turned": "only now",
}
ENDS_WHY = {  # this and the next ones: by whether a true class is given
    True: {
        "held": "The attacked picture is still answered wrong, and the clean one right.",
        "gone": "The attacked picture is answered right again.",
        "spoilt": "The clean picture is answered wrong too: the change itself does that.",
        "missed": "The attack had not turned the answer to begin with.",
        "turned": "The attack turns the answer only behind this change.",
    },
    False: {
        "held": "The attacked picture still gets another answer, and the clean one keeps its own.",
        "gone": "The attacked picture gets the clean answer again.",
        "spoilt": "The clean picture gets another answer too: the change itself does that.",
        "missed": "The attack had not turned the answer to begin with.",
        "turned": "The attack turns the answer only behind this change.",
    },
}
SAID = {
    True: "Of {of:one change|{of} changes} the attack survives **{held}**; in **{gone}** the answer is right again; in"
    " **{spoilt}** the clean picture is answered wrong too, which says nothing of the attack.",
    False: "Of {of:one change|{of} changes} the attack survives **{held}**; in **{gone}** the clean answer is back; in"
    " **{spoilt}** the clean picture gets another answer too, which says nothing of the attack.",
}
SAID_UNKNOWN = (
    "Of {of:one change|{of} changes}, **{held}** leave the answer wrong and **{gone}** make it right. Whether those"
    " that leave it wrong would spoil the clean picture as well is not known here."
)
SAID_MISSED = {
    True: "The attack turned no answer, so there is nothing that could survive; the attacked picture keeps its answer"
    " in {missed} of {of}, is answered wrong only now in **{turned}**, and wrong as the clean one is in {spoilt}.",
    False: "The attack turned no answer, so there is nothing that could survive; the attacked picture keeps its answer"
    " in {missed} of {of}, gets another one only now in **{turned}**, and another one as the clean picture does in"
    " {spoilt}.",
}
SAID_STRANGE = "How the answers move; none of them is right or wrong here."
TABLE = "The answers"
CAPTION = (
    ("What you see", "by how many logits one class leads the best other, behind each change: a blue dot for the clean"
     " picture, an orange triangle for the attacked one. Left of the line another class is answered."),
    ("How", "each change is made to the 8-bit picture at the size that the model sees, and brought back to that size."
     " Numbers are the quality of a file, the share of each side that is left, or the pixels of a blur; print and scan"
     " is soft, pale and grained, the same every time."),
    ("It does not show", "an attack that was made to survive, and real printers, screens and cameras. The clean picture"
     " beside it is the check: what spoils that one too says nothing of the attack."),
)  # fmt: skip
ALT = "Leads of the clean and the attacked picture behind {count} changes; {said}"
