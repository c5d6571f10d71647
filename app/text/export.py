"""What a visitor reads of links, downloads and previews, and in the files themselves."""

SOCIAL_TITLE = "A-TPT Explorer: where does CLIP look, and does an attack move it?"
SOCIAL = (
    "Fool a CLIP with a change hardly anyone sees, look where it looks, and watch attention-guided test-time prompt"
    " tuning repair the answer, step by step, on your own picture."
)
SOCIAL_LINE = (
    "A change hardly anyone sees fools a CLIP. Attention-guided test-time prompt tuning repairs the answer: see every"
    " step of it, on your own picture."
)
SOCIAL_ALT = "One painted picture three times, clean, attacked and answered by A-TPT, each above its answer."
LINK, DOWNLOAD = "Link", "Download"
LINK_MADE = "The address bar now holds a link to this picture, step and settings, copied where the browser allows it."
LINK_ATTACKED = " The attacked picture that you gave is not in it and stays here."
LINK_OWN = "The address bar now holds a link to these settings, not to your own picture, which stays here."
LINK_WITHOUT = "The picture of this link stayed with whoever made it: its settings are set here, on a sample."
LINK_TAKE = "Download both instead"
LINK_OPENED = "Step {step}, {name}, as it was shared."
LINK_PINNED = " What is pinned is in it too."
LINK_PIN_OWN = " What is pinned is on a picture of your own and is not in it."
LINK_PIN_MODEL = "What the link pins is of the model {name}, which this page did not open with: nothing is pinned."
LINK_PIN_LEFT = "Nothing is pinned: {why}"
LINK_TOO_LONG = (
    "Expected a link of at most {most:,} characters; with these class names it has {length:,}. Download the results"
    " instead."
)
LINK_ODD = "The link asks for {name} = “{value}”, which this page cannot offer, so it was left as it is."
RESTORE_HERE = "Your last result is still here, on “{name}”."
RESTORE_WISHES = {"restore": "Restore", "forget": "Forget"}
RESTORE_RESTORED = "Restored: everything is as it was before the page was loaded again."
RESTORE_SETTINGS = (
    "Restored: the picture and all settings. Results are kept for a quarter of an hour; the buttons compute them again."
)
RESTORE_FORGOTTEN = "Forgotten: the last result is deleted."
RESTORE_GONE = "Nothing is kept any more of what this tab showed: that lasts an hour."
PACKING = "Packing numbers, pictures and figures"
PACKED = "Packed: the download has started."
NOTHING_TO_TAKE = "There is nothing to take home yet: choose a picture first."
ZIP_NAME = "a-tpt-explorer.zip"
ZIP_HEAD = "{project}: what was found on “{name}”."
ZIP_FILES = (
    ("settings.json", "everything that was set, with the versions and the fingerprint of the weights"),
    ("results.json", "the answers and numbers of every step"),
    ("numbers.npz", "logits, all maps, heads, curves, words, losses, views' features and weights, the tuned context"),
    (
        "original/",
        "the picture as it was given; a PNG of its pixels where its file tells more, such as where it was taken",
    ),
    ("clean.png", "the picture as the model sees it, exact"),
    ("attacked.png", "the attacked picture in 8 bits, exact: what all later steps used"),
    ("change-amplified.png", "the change around grey, for looking only"),
    ("null-arm.png", "of an attack without a limit, the same with nothing aimed at the model"),
    ("maps/", "the maps over the whole picture before the attack, at its own size (at most 4,096 pixels long)"),
    (
        "maps/every/, maps/head/",
        "every kind of map and the opened head, where they were drawn, at most 1,024 pixels long",
    ),
    ("figures/", "the figures, the poster among them, as PNG, SVG and PDF, on white"),
    ("classes.txt", "the class names"),
    ("redo.sh, redo.py", "the command and the script that compute it again, and where to get the project"),
    ("redo.ipynb", "the same as a notebook"),
)
ZIP_PINNED = ("pinned/", "the same files for what was pinned")
ZIP_DIFFERS = "Pinned, and what is other here: {settings}."
ZIP_PINNED_SAME = "What was pinned was asked with the same settings."
ZIP_PINNED_GONE = "The results of what was pinned were no longer kept, so there is no folder pinned/."
ZIP_TAIL = "One picture proves nothing: measure methods with `python -m engine evaluate`."
LINK_LABELS = (
    "The link asks for the label set “{key}”, which this page does not have: the class names are the picture's own."
)
LINK_INSTEAD = "The first picture of this page is shown instead."
LINK_NO_MODEL = "The link was made with the model “{name}”, which this page does not offer: another answers here."
LINK_MODEL = "The link was made with the model {name}: choose it under “Model”, then open the link again."
SAVE_UNNAMED = "picture"
POSTER_DRAWING, POSTER_SAVED = "Drawing the poster", "The poster is drawn: the download has started."
