"""What a visitor reads where an attack is kept to some cells of the picture."""

TITLE = "Only where…"
WHY = (
    "Press or drag over cells to let the attack change them or not; dark cells stay as they are. With the keyboard,"
    " arrow keys move and Space changes a cell."
)
FIELD = "Cells of the picture: arrow keys move, Space lets the attack change a cell or not"
CELL = {True: "row {row}, column {column}: may change", False: "row {row}, column {column}: stays as it is"}
BUTTONS = {
    "everything": "Everything",
    "nothing": "Nothing",
    "object": "Only the object",
    "background": "Only the background",
    "other": "The other way round",
}
NO_OBJECT = "Where the object lies is known of painted specimens only, so mark it here yourself."
OBJECT = "The object’s cells are those that it covers by half or more, so its rim may lie in the background."
EMPTY = "Choose a picture first."
ALL = "All {total} cells may change: the whole picture."
SOME = "**{count} of {total} cells** may change; everywhere else the picture keeps every bit."
NONE = "**Nothing may change**, so there is nothing to attack: allow at least one cell."
FREE = (
    "{title} has no limit to be kept to: what it does to the picture is set above. Attacks with a limit, such as PGD,"
    " can be kept to some cells."
)
BADGE = "may change {count} of {total} cells by at most {limit}"
BADGE_L2 = "may change {count} of {total} cells, by {limit} in all"
BADGE_WHY = "The rest of the picture keeps every bit; noise to compare with falls into the same cells only."
LABEL, EVERY, NAMED = "Cells that may change", "all of them", "{count} of {total}"
WITHIN = " in {count} of {total} cells"
HATCHED = "Hatched: not allowed to change."
CAPTION = (
    ("What you see", "what an attack may change: the light cells, squares of the picture as the model sees it."),
    ("How", "every step of the attack, its random start too, is cut to these cells, and so is the noise beside it."),
    (
        "It does not show",
        "what an attack can do that may change all of them: that this one fails says nothing of that.",
    ),
)
