"""What a visitor reads where every patch of every layer is read off."""

TITLE = "Lens: what each patch is read as, layer by layer"
SHOWN = "What each patch is read as"
ASK = (
    "The answer comes from one slot, the class token. What would every patch of the picture answer, after every layer?"
)
RUN = "Read every patch"
EMPTY = "Press **Read every patch** to see which words each patch is nearest to, and to move through the layers."
READ = "Read off"
READS = {
    "tokens": "what each layer leaves of a patch",
    "values": "the same if a patch read only itself there (MaskCLIP)",
}

HINT = "colour: the words nearest to a patch; size: how clearly"
ARMS = {"clean": "clean picture", "attacked": "attacked picture", "noise": "as much random noise"}
NULL = "null arm: {what}"
LAYER = "Layer"
AT = "After layer {layer} of {layers}"
MOVE = "Layer that is read off; arrow keys move through the layers"
GRID = "{arm}: {rows} × {columns} patches, coloured by what each is read as; arrow keys move, the table below tells it"
CELL = "row {row}, column {column}: {name}"
PUSHED = {True: "★ {name}, the true class", False: "☆ {name}, the clean answer", None: "☆ {name}, the first answer"}
ANSWER = "{name}, the answer after the attack"
OTHERS = "{count:one other class|{count} other classes}"
POINTED = "Point at words to see their patches alone."
HEADS = ("Picture", "Class token", "Patches read as the {pushed}", "As the answer after the attack", "Changed")
CLASS = {True: "true class", False: "clean answer", None: "first answer"}
SHARE = "{count}\u00a0of\u00a0{all}"
TABLE = "What is read off after layer {layer}"
CHANGED = (
    "After the last layer the attack changes what **{attacked}** of {all} patches are read as, {null} **{noise}**."
)
CHANGED_ALONE = "The attack changes what **{attacked}** of {all} patches are read as after the last layer."
NOISE, NULL_ARM = "as much random noise", "the null arm"
UNKNOWN = "What the attack changed is not known: nobody knows the clean picture."
CURVE = "How many patches are read otherwise than in the clean picture?"
CURVE_X, CURVE_Y = "layer", "share of patches"

TOKEN, PATCH = "the class token", "the patch in row {row}, column {column}"
NEAREST = "Nearest words of {place}"
NEAREST_HINT = "after layer {layer}; shares among all classes"
NONE_SUCH = "–"
RANK = "{rank}."
PRESS = "Press a patch to see its nearest words, or move from patch to patch with the arrow keys."
BACK = "Back to the class token"
CAPTION = (
    ("What you see", "every patch in the colour of the class it fits best after the chosen layer; the larger, the"
     " further that class leads the next. A disc is read as the class that the attack pushed away from, a diamond as"
     " its answer."),
    ("How", "as the answer is read off the class token at the end: a token goes through the model's last norm and"
     " projection and is compared with each class sentence (nostalgebraist's logit lens, 2020)."),
    ("It does not show", "what the model thinks of a patch. Only the class token after the last layer was trained to be"
     " read so; all else goes through a head that was never made for it, attention has mixed in the rest of the"
     " picture, and a patch must name one of your classes, even where there is nothing but background."),
)  # fmt: skip
