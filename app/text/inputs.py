"""What a visitor reads beside the picture: samples, class names, the model, and in step 1."""

SENTENCES_FIRST = (
    "No answer yet: the model first reads {count:,} sentences, one for every class name in every prompt. That can take"
    " minutes, once; press **Read them and answer**."
)
READ_FIRST = "Read them and answer"
NOT_ANSWERED = "No answer yet."
NO_ANSWER = "No answer yet: the class names or the prompt need a change; the status line says which."

STALE_ONE = "{label}: {before}, now {now}"
SWITCH, NOTHING = ("off", "on"), "none"
STALE_LONG = "{label}: not the same"
AND_LINES = "{first} and {count} more"
STALE_MORE = "; and {count} more"
START_OVER, STARTED_OVER = "All settings as at the start", "All settings are as at the start; “Undo” goes back."
THERE = "This is the picture on the page: all that was computed on it is still there."
RESTORED = "Restored from the link. Press “Run the whole story” to get the same results."

SAMPLES, PHOTOGRAPHS, PAINTINGS = "Samples: pick one", "Photographs: pick one", "Or a painting"
NO_SAMPLES = "There are no samples here: upload a picture of your own."
UPLOAD = "Or your own picture"
ELSEWHERE, ELSEWHERE_UPLOAD = "Attacked elsewhere?", "The attacked one of the picture above"
ELSEWHERE_WHY = (
    "Was this picture attacked somewhere else already? Give the attacked file here, best as a PNG of the model's size,"
    " and every later step works on that one."
)
ELSEWHERE_UNKNOWN = "The picture above is itself the attacked one; its clean one is unknown"
ELSEWHERE_BACK = "Take it back: attack the picture here"
ELSEWHERE_READY = "Ready: every later step works on the attacked picture that you gave."
ANSWERED_ATTACKED = (
    "The model answers **{answer}** to the attacked picture. Neither the clean one nor the true class is known, so"
    " nothing can be called right or wrong."
)
WRONG_BEFORE, WRONG_ATTACKED = "It is wrong before any attack.", "What it would answer to the clean picture is unknown."
PAINT = "Or paint a specimen"
KIND, COLOUR, PATTERN, ACCENT, SCENE = "Kind", "Colour", "Pattern", "Pattern colour", "Scene number"
PAINT_IT, SURPRISE = "Paint it", "Surprise me"
HELD_OUT = "A combination of colours and pattern that the model never saw in training."
TRAINED_ON = "Specimens with this combination of colours and pattern were in the model's training."
NO_SUCH_PICTURE = (
    "This page has no picture “{source}”: expected “sample” with its place,"
    " “photograph” with its name or “specimen” with its words."
)
QUESTION = "Question and model"
LABEL_SET, LABEL_SET_NONE = "Or a label set", "None: the names above"
LABEL_SET_INFO = "Replaces class names and prompt; only sets this model can read are listed."
LABEL_SET_FROM = "Source: {source}."
MODEL, MODEL_NAME, MODEL_USE = "Model", "Which model", "Use this model"
MODEL_FREE = "From the list, or type a name: MODEL/TAG or MODEL/FILE of open_clip, hf-hub:ORG/NAME, local-dir:FOLDER."
MODEL_PRESS = "Chosen, not yet in use: press “{button}”."
MODEL_HERE = "on this machine"
MODEL_OTHER = "Any model that open_clip can load. It is checked before it is used."
MODEL_DOWNLOAD = "Will be downloaded first: about {size}."
MODEL_NEEDS = "Needs the package {package}, which is not installed."
FEW_VIEWS = " It makes {views} views, not {usual}: more would take long here."
MODEL_PROGRESS = "Downloading {file}: {done}{total} MB"
OFFER_GET, OFFER_USE = "Use a CLIP for photographs ({size} MB)", "Use a CLIP for photographs"
OFFER_SWITCH, OFFER_BACK, OFFER_CANCEL = "Switch to it", "Back to {name}", "Cancel"
OFFER_ASKS = "Asking the model hub for {name} …"
OFFER_SILENT = "The model hub has not answered yet."
OFFER_WAYS = (
    "Without a network: start the page with a model folder (--model local-dir:FOLDER), or bring the hub's cache from"
    " another machine (docs/hosting.md says how)."
)
OFFER_COMING, OFFER_OF, OFFER_LEFT = "{name}: {done}{total} MB", " of {total}", ", {left} s left"
OFFER_CANCELLED = "Cancelled."
OFFER_THERE = "{name} is here. The picture stays."
MODEL_SIBLING, MODEL_FOLDER = "{title} at {size} pixels", "the folder {name}"
MODEL_NOT_OFFERED = "This page does not offer the model “{name}”; choose one from the list."
CLASSES = "Class names: the possible answers, one per line"
CLASSES_CLOSED = "Any names made of the words this model has learned; it tells you which it does not know."
CLASSES_OPEN = "Any words: the picture is compared with each."
TEMPLATE = "Prompt"
TEMPLATE_INFO = "{} stands for the class name."
PROMPT_MORE = "More of the prompt"
ENSEMBLE = "Average several sentences"
ENSEMBLE_INFO = (
    "The text tower reads every sentence once for every class name, so 80 sentences of 1,000 classes take minutes the"
    " first time; from 200 readings on they are kept on disk. What is tuned still starts from the prompt above."
)
PROMPT_ALONE = "None: the prompt above alone"
PROMPT_OWN, PROMPT_EIGHTY = "The model's own set ({count} sentences)", "OpenAI's set for ImageNet (80 sentences)"
DOMAIN_WORD = "Domain word (optional)"
DOMAIN_WORD_INFO = "For A-TPT in step 6 only: stands before “photo” in its prompt, as in “a flower photo of a {}.”"
TRUTH = "True class (optional)"
TRUTH_INFO = "What the attack pushes away from, and what “right” means."
SEED = "Seed"
SEED_INFO = "Same seed, same result."
LIKELIEST = {  # by whether the class to be answered is among them by itself
    True: "the likeliest {count} of {of:,}",
    False: "the likeliest {less} of {of:,}, and the {wanted}",
}
CREDIT = "The photograph: {credit}."
FIT = "How it is made square"
FITS = {
    "": "as the model was trained",
    "crop": "cut out where the frame lies",
    "squash": "all of it, squashed",
    "pad": "all of it, with bars",
}
FRAME, FRAME_INFO = "Place of the frame", "0: left or top, 1: right or bottom. Or drag the frame in the picture."
ORIGINAL_ALT = "{name}, the whole picture, with the frame of what the model sees"
CUT_OFF = "The model sees {share:.0f} % of the picture: what lies {sides} the frame is cut off."
SIDES = {  # of a frame that is narrower than the picture, or lower: what lies before it, behind it, on both sides
    True: ("left of", "right of", "left and right of"),
    False: ("above", "below", "above and below"),
}
SEEN_WHOLE = "The model sees all of the picture."
SQUASHED = "The model sees all of the picture, squashed to a square."
PADDED = "The model sees all of the picture, with bars that make it a square."
NONE_INFO = (
    "Where no cosine reaches the threshold. It is neither right nor wrong; attack, tuning and verdict go on with the"
    " classes alone."
)
NONE_BELOW = "Threshold: least cosine of a class"
NONE_BELOW_INFO = (
    "It depends on the model. By experience, not measured here: many CLIPs give a sentence that fits 0.2 to 0.3, SigLIP"
    " less. Look at pictures you know, and move it."
)
NONE_ANSWER = "**None of these:** the best cosine, {best} for **{name}**, is below the threshold of {threshold}."
NONE_REST = " All later steps go on with **{name}**, the likeliest class."
NONE_NEITHER = " Beside the true class **{truth}** that is neither right nor wrong."
PICTURE_ALT = "The picture as the model sees it, cropped and reduced to its input size"
PICTURE_CAPTION = (
    (
        "What you see",
        "your picture with the frame of what the model sees; that at the model's own size; and how the model divides"
        " 100 % among the class names.",
    ),
    (
        "How",
        "one forward pass gives every class a score: the scaled cosine between the picture and its sentence, or the"
        " mean of several. Softmax turns the scores into shares.",
    ),
    ("What it does not show", "whether any class fits at all: the shares always sum to 100 %."),
)
OTHER_SETTINGS = "More settings"
FILE_REFUSED, PICTURE_STAYS = "“{name}” was not opened. {why}", " “{name}” stays."
NUMBERED = "Specimen {number} of the series {series}, which kept evaluations ask about; held out of training"
