"""Every word a visitor reads that is not computed. ** ** marks bold; nothing here is HTML."""

TITLE = "A-TPT Explorer"
TAGLINE = (
    "Watch a CLIP-like model be fooled by a change that means nothing to the eye, and be defended by attention-guided"
    " test-time prompt tuning: many views, a tuned prompt, a weighted vote."
)

STEPS = ("Picture", "Attack", "Attention", "Views", "Tuning", "Verdict", "Many")
WAITING_FIRST = {False: ("Choose one.", "Needs a picture."), True: ("No answer yet.", "Needs the answer.")}
WAITING = {
    "Attention": "Needs the attack.",
    "Views": "Needs the attack.",
    "Tuning": "Needs the views.",
    "Verdict": "Needs the attack.",
}
NOT_WITH_THESE = "Not with these settings yet."
EMPTY = {
    "Picture": "Choose a sample or upload a picture. The model then compares it with every class name.",
    "Attack": "Press **Attack** to look for a change of the picture that makes the model wrong.",
    "Attention": "Press **Draw maps** to see where the model finds evidence for the class, clean and attacked.",
    "Views": "Press **Make views** to cut, mix and re-weigh the attacked picture into many variants.",
    "Tuning": "Press **One step** to move the prompt once, or **All steps**. The model itself stays untouched.",
    "Verdict": "Press **Compare methods** to let every defence answer for this very picture.",
    "Sweep": "Press **Sweep the limit** to see up to which limit each method answers this picture right.",
    "Many": "Press **Try them** to attack several pictures as set in step 2 and defend them as set in steps 4 to 6.",
}
MISSING = {
    "Picture": "",
    "Attack": "There is no picture yet: choose a sample or upload one first.",
    "Attention": "There is no attacked picture yet. Press **Draw maps**: the attack then runs first.",
    "Views": "There is no attacked picture yet. Press **Make views**: the attack then runs first.",
    "Tuning": "There are no views yet. Press **One step** or **All steps**: attack and views are then made first.",
    "Verdict": "There is no attacked picture yet. Press **Compare methods**: the attack then runs first.",
}
SENTENCES_FIRST = (
    "No answer yet: the model first reads {count:,} sentences, one for every class name in every prompt. That can take"
    " minutes, once; press **Read them and answer**."
)
READ_FIRST = "Read them and answer"
NO_ANSWER = "No answer yet: the class names or the prompt need a change; the status line says which."

READY_FEW = "Ready.{few}"
READY = "Ready. Press “Run the whole story”, or go step by step."
SHARED = ("", ", taking turns with one other visitor", ", taking turns with {count} other visitors")
BOOKED = " ({seconds} s of the lent accelerator are booked)"
NOT_LENT = "The host did not lend its accelerator for the {seconds} s that this books. {reason}."
STOPPING = "Stopping …"
STOPPED = "Stopped. What was finished stays on the page."
DIMMED = "Changed: what is dimmed was made with other settings."
STALE = "These results were made with other settings: {settings}. Press the button of this step to compute them anew."
STALE_ONE = "{label}: {before}, now {now}"
SWITCH, NOTHING = ("off", "on"), "none"
STALE_LONG = "{label}: not the same"
BROUGHT, AND = " (with its {names})", " and "
AND_LINES = "{first} and {count} more"
STALE_MORE = "; and {count} more"
BUSY = {
    "clean": "Comparing the picture with every class name",
    "adversarial": "Attacking: looking for a change that turns the answer",
    "through": "Seeing whether the defence holds",
    "maps": "Looking where the evidence lies",
    "guide": "Looking where the defence would mix",
    "occlusion": "Blurring the picture in the map's order",
    "every": "Drawing every map",
    "words": "Reading the words",
    "heads": "Looking into every head",
    "lens": "Reading every patch",
    "views": "Making and encoding views",
    "steps": "Tuning the prompt",
    "ensemble": "Weighing the views",
    "defences": "Comparing methods",
    "placed": "Placing the pictures",
    "survival": "Sending the pictures on their way",
    "severities": "Damaging the picture, ever more",
    "detection": "Looking for signs of an attack",
    "batch": "Attacking and defending many pictures",
    "sweep": "Attacking and defending within growing limits",
}
LEFT = "{doing}, about {left:.0f} s left"
DONE = {
    "clean": "The picture is answered.",
    "adversarial": "Attack finished.",
    "maps": "Maps drawn.",
    "occlusion": "Map tested.",
    "every": "Every map drawn.",
    "words": "Words read.",
    "heads": "All heads drawn.",
    "lens": "Every patch read.",
    "views": "Views made.",
    "steps": "Prompt tuned.",
    "step": "Step {steps} done.",
    "defences": "Methods compared.",
    "placed": "Pictures placed.",
    "survival": "Both pictures came back.",
    "severities": "Damaged in five severities.",
    "detection": "Signs looked for.",
    "batch": "All pictures answered.",
    "sweep": "The sweep is through.",
    "back": "One step back.",
    "reset": "The prompt is as it was written.",
}
STORY_HELD = "The whole story ran before: watch its steps go by, or open any of them."
STORY_DONE = "The whole story ran in {seconds:.1f} s."
FAULT = "Something went wrong here that is not your doing. What was finished stays; try it again or load the page anew."
NOT_YET = "That does not work yet"

RUN_STORY = "▶ Run the whole story"
STOP = "■ Stop"
LIVE = "Live results"
UNDO, REDO = "Undo", "Redo"
START_OVER, STARTED_OVER = "All settings as at the start", "All settings are as at the start; “Undo” goes back."
PIN, UNPIN, SWAP = "Pin", "Unpin", "Swap"
PINNED = "Pinned. Now change anything."
PINNED_LAST = "Pinned: what you looked at last, as there are no results yet with the settings as they stand."
UNPINNED, SWAPPED = "Unpinned.", "Swapped: the page and the pin have changed places."
NOTHING_TO_PIN = "There is nothing to compare yet: run the attack or the whole story first, then pin it."
PIN_SAME = "Pinned: what is on the page. Change anything, picture and model too, and every step shows both."
PIN_DIFFERS = "Compared with what you pinned: {settings}."
PIN_AWAY = "The model {name} has made room for another; “Swap” loads it again."
LOOKED_BACK, NO_LOOK = "Back at what you looked at before.", "There is nothing further that way."

COMPARE_SAME_MAP, COMPARE_SAME_ANSWER = "The same map in both.", "the same in both"
COMPARE_MAP = "evidence for {subject}"
COMPARE_TITLE, COMPARE_PINNED, COMPARE_NOW, COMPARE_BOTH = "Pinned and now", "Pinned", "Now", "Pinned and now"
COMPARE_SAME = "The same in both: what differs does not reach this step."
COMPARE_NOT_YET = "Not computed yet with the settings as they stand; press the button of this step."
COMPARE_LOST = "Nothing is held of this step. Press “Swap” to go back to it and compute it."
COMPARE_AWAY = "Its model has made room for another. Press “Swap” to go back to it."
COMPARE_NEVER = "This step was not run before pinning. Press “Swap” to go back and run it."
COMPARE_OTHER_CLASSES = "The class names differ: each side has its own list, and shares of two lists do not compare."
COMPARE_OTHER_MAP = (
    "Values of {first} and of {second} have no common unit: each kind has its own scale, and no difference is drawn."
)
COMPARE_OTHER_MODEL = (
    "Values inside two models have no common unit: each model has its own scale, and no difference is drawn. Compare"
    " places."
)
COMPARE_OTHER_PICTURE = "Two pictures show different things at the same place, so no difference is drawn."
COMPARE_CHANGE, COMPARE_ONE_SCALE = "Now − pinned", "one scale for pinned and now, one for the differences"
COMPARE_ALIKE, COMPARE_RANDOM = "{picture}: pinned and now", "pinned, and a map drawn at random"
COMPARE_MAP_HEADS = ("Two maps", "Rank correlation (1: same order of cells)")
COMPARE_MAP_TABLE = "How alike the maps are"
COMPARE_VIEWS, COMPARE_WEIGHTS = "Views of both", "Weight of every view: {side}"
COMPARE_DRIVES, COMPARE_DRIVES_NOT = "also drives the tuning", "does not"
COMPARE_RIGHT_VIEWS = "Views that give the class to be answered"
COMPARE_KEPT, COMPARE_HEAVIEST = "Views that drive the tuning", "Largest weight"
COMPARE_EFFECTIVE, COMPARE_NONE = "Effective number of views (1 / sum of squared weights)", "–"
COMPARE_TUNING, COMPARE_TUNED = "Tuning of both", "Answer to the attacked picture itself, after tuning"
COMPARE_SHARE = "Share of “{name}” while tuning"
COMPARE_VERDICT, COMPARE_CHANGED, COMPARE_NOT_RUN = "Answers of both", "Change", "not run"
COMPARE_TURNED = "now {how}"
COMPARE_OTHER_ANSWER = {True: "another wrong answer", False: "yet another answer"}  # by whether a true class is given
COMPARE_OTHER_TRUTH = "Each side is judged against its own class: {names}."
COMPARE_TALLY = {  # by whether a true class is given on both sides
    True: "Of {of} {of:method|methods} on both sides, **{both}** {both:is|are} right on both, **{first}** only pinned,"
    " **{second}** only now, **{neither}** on neither.",
    False: "Of {of} {of:method|methods} on both sides, **{both}** {both:keeps|keep} the clean answer on both,"
    " **{first}** only pinned, **{second}** only now, **{neither}** on neither.",
}

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
RESTORED = "Restored from the link. Press “Run the whole story” to get the same results."
PACKING = "Packing numbers, pictures and figures"
PACKED = "Packed: the download has started."
API_FILE = "Expected a picture that was uploaded as a file; with gradio_client write handle_file(PATH)."
API_WHOLE = "a whole number from {low} to {high}"
API_OTHERS = "Expected answer_with to name 1 to {most} models, each another and none of them {own}; got {got}."
API_TYPE = "Expected {name} to be {kind}; got {got}."
NOTHING_TO_TAKE = "There is nothing to take home yet: choose a picture first."
ZIP_NAME = "a-tpt-explorer.zip"
ZIP_HEAD = "{project}: what was found on “{name}”."
ZIP_FILES = (
    ("settings.json", "everything that was set, with the versions and the fingerprint of the weights"),
    ("results.json", "the answers and numbers of every step"),
    ("numbers.npz", "logits, all maps, heads, curves, words, losses, views' features and weights, the tuned context"),
    ("original/", "the picture as it was given, untouched, with what the file itself says of place and time"),
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
ELSEWHERE_IS = "The attacked picture is “{name}”, made elsewhere: nothing is attacked here."
ELSEWHERE_ITSELF = "This picture is taken for an attacked one whose clean one is unknown: nothing is attacked here."
ELSEWHERE_READY = "Ready: every later step works on the attacked picture that you gave."
ELSEWHERE_FOOLED = "Fooled: {far} away from the clean picture, the model now says {answer} instead of **{name}**."
ELSEWHERE_HELD = "Held: {far} away from the clean picture, the model still says {answer}."
ELSEWHERE_WRONG = (
    "Wrong before and after: the clean picture is answered **{clean}**, not **{name}**; the attacked one is answered"
    " {answer}."
)
ELSEWHERE_FAR = "It lies {far} away from the clean one."
ELSEWHERE_ANSWER = "The attacked picture is answered {answer}. What the clean one would be answered is unknown."
ELSEWHERE_TRUTH = " You say that it shows **{name}**."
ELSEWHERE_CARD = "Attacked elsewhere"
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
NO_CLEAN_MAP = "The clean picture is unknown: there is no clean map, no difference, and no noise to compare with."
ONE_MAP = "One map", "the clean one is unknown"
UNKNOWN = "unknown"
LINF, L2 = "Largest change of a channel (Linf)", "Length of the change (L2, channels from 0 to 1)"
PASSES = "{count} forward {count:pass|passes}"
AS_GIVEN, LIMIT = "as given", "limit"
THREAT_UNKNOWN = "Attacked elsewhere: what the attacker knew is unknown"
ANSWER_CLEAN, ANSWER_ATTACKED = "Answer to the clean picture", "Answer to the attacked picture"
AS_IT_CAME = "The picture as it came"
ANSWERED_ATTACKED = (
    "The model answers **{answer}** to the attacked picture. Neither the clean one nor the true class is known, so"
    " nothing can be called right or wrong."
)
WRONG_BEFORE, WRONG_ATTACKED = "It is wrong before any attack.", "What it would answer to the clean picture is unknown."
VERDICT_UNKNOWN = (
    "**Attacked elsewhere:** without defence the model says {answer}. Neither the clean picture nor the true class is"
    " known, so no answer can be called right."
)
VERDICT_UNKNOWN_WRONG = "**Attacked elsewhere:** without defence the model says {answer} instead of {wanted}."
VERDICT_UNKNOWN_RIGHT = "**Attacked elsewhere:** without defence the model says {answer}, the true class."
WANTED = {True: "the true class", False: "the clean answer", None: "the answer without defence"}
FINAL = "From attacked to defended"
OCCLUSION_TITLE_ATTACKED = "The attacked picture blurred and brought back, for “{name}”"
HEADS_LONG_ATTACKED = (
    "Dashed: patches whose token is more than twice as long as the median after this layer ({attacked})."
)
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
LINK_LABELS = (
    "The link asks for the label set “{key}”, which this page does not have: the class names are the picture's own."
)
LINK_MODEL = "The link was made with the model {name}: choose it under “Model”, then open the link again."
MODEL, MODEL_NAME, MODEL_USE = "Model", "Which model", "Use this model"
MODEL_FREE = "From the list, or type a name: MODEL/TAG or MODEL/FILE of open_clip, hf-hub:ORG/NAME, local-dir:FOLDER."
MODEL_PRESS = "Chosen, not yet in use: press “{button}”."
MODEL_HERE = "on this machine"
MODEL_OTHER = "Any model that open_clip can load. It is checked before it is used."
MODEL_DOWNLOAD = "Will be downloaded first: about {size}."
MODEL_NEEDS = "Needs the package {package}, which is not installed."
MODEL_LOADING, MODEL_READY = "Loading {name}", "{name} is in use. The picture is the same; all else starts anew."
FEW_VIEWS = " {views} views, not {usual}: the processor has no bf16."
MODEL_PROGRESS = "Downloading {file}: {done}{total} MB"
KNOWS_THAT, KNOWS = "knows {knows}", "knows what its publisher trained it on"
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

DIFFERS = {
    True: "underlined: not as in the ★ class", False: "underlined: not as in the ☆ answer",
    None: "underlined: not as in the ☆ answer",
}  # fmt: skip
LIKELIEST = "the likeliest {count} of {of:,}; "
MARGIN, MARGIN_WHY = "Margin over the next (score)", "Score (logit) of the first class minus that of the second"
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
SHARE, COSINE = "share", "cosine"
COSINE_WHY = (
    "Share: how the classes divide 100 %. Cosine: how well this sentence fits the picture at all, from −1 to 1."
)
NONE, NONE_LABEL = "none of these", "“None of these” may be the answer"
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
NONE_CARD, NONE_CARD_WHY = "None of these", "best cosine {best}: {name}"
NONE_ATTACKED = (
    "The attacked picture is answered **none of these**: its best cosine, {best} for **{name}**, is below the threshold"
    " of {threshold}. Whether the attack worked is told of the likeliest class alone."
)
NONE_UNJUDGED = (
    "**None of these** is the model's answer to the clean picture, and nobody says what it shows: so no answer here is"
    " right or wrong, and all is about the likeliest class."
)
NONE_MARK, NONE_MARK_WHY = "neither", "“none of these” is neither right nor wrong"
NONE_LIKELIEST = "likeliest: {name}"
NONE_JUDGED = "; answers of many views have no cosine and are always one of the classes"
NONE_SAME = "the same answer or another: the clean picture was answered “none of these”"
NONE_VERDICT = "Not judged"
NONE_BATCH = (
    "{count} of these answers {count:is|are} “none of these”: neither right nor wrong, so in no count of right ones."
)
NONE_LINE = "Cosines of all {of} classes: the highest is {best}, for {name}; the threshold is {threshold}"
NONE_BEST, NONE_THRESHOLD = "best {cosine}", "threshold {cosine}"
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

LIMITS = {"linf": "Limit ε, n/255", "l2": "Limit ε (L2)"}
ATTACK_STEPS = "Iterations"
ATTACK_KIND = "Method"
ATTACK = "Attack"
ADAPTIVE = "Attack through A-TPT"
ATTACK_MORE = "More of this attack"
OTHER_SETTINGS = "More settings"
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
THROUGH_CARDS = {True: "{defence} held", False: "{defence} broke", None: "Whether {defence} holds is open"}
ALONE = "Apart from that, without a defence the model says {answer}."
ALONE_CARD = "alone: {said}"
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
FOOLED = {True: "Fooled", False: "Turned"}  # by whether somebody aimed the change at the model
SUCCEEDED = {True: "Attack succeeded", False: "The damage turned the answer"}
FAILED = {True: "Attack failed", False: "The damage did not turn the answer"}
NULL_BADGE = "null arm: nothing is aimed at the model"
NULL_ARM = "For comparison: with {what} the model says {answer}."
NULL_SHOWS = {  # by whether the null arm turns the answer too
    True: "So covering the picture there is enough to turn the answer, and nothing shows that the model read or was"
    " misled by what was put there.",
    False: "So it is not the covering alone that turned the answer away from “{name}”.",
}
SEVERITY = "Severity"
CORRUPTION, CORRUPTIONS = "Kind of damage", {
    "gaussian-noise": "Noise: Gaussian", "shot-noise": "Noise: few photons", "impulse-noise": "Noise: broken values",
    "defocus-blur": "Blur: out of focus", "glass-blur": "Blur: frosted glass", "motion-blur": "Blur: motion",
    "zoom-blur": "Blur: zoom", "snow": "Weather: snow", "fog": "Weather: fog", "brightness": "Weather: bright light",
    "contrast": "Digital: low contrast", "elastic": "Digital: elastic bends", "pixelate": "Digital: coarse pixels",
    "jpeg": "Digital: JPEG", "speckle-noise": "More: speckle noise", "gaussian-blur": "More: Gaussian blur",
    "spatter": "More: drops and mud", "saturate": "More: saturation",
}  # fmt: skip
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
BLIND = (
    "**Proves nothing:** the gradient was zero at the first step, so this attack could not see which way to go. That"
    " the model says {answer} tells nothing about how robust it is; try Carlini & Wagner or Square, which go by other"
    " signs."
)
BLIND_CARD = "Proves nothing", "no gradient to follow"
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
FOOLED_AS_SAVED = (
    "Fooled, but only after saving: rounded to 8 bits the picture is answered {answer} instead of **{name}**; as"
    " computed it was not."
)
MISSED_AS_SAVED = (
    "Reached the target as computed, but not after saving: rounded to 8 bits, as all later steps see it, the picture is"
    " answered {answer}."
)
REACHED_AS_SAVED = "Reached the target, but only after saving: rounded to 8 bits the picture is answered {answer}."

MAP_KIND = "Map"
MAP_ABOUT, MAP_AGAINST = "Evidence for", "Rather than for"
LOOK = "Draw maps"
IN_THIS_STEP = (
    ("every", "Every kind of map"), ("occlusion", "Test the map"), ("words-read", "Words"),
    ("attention-heads", "Layers, heads, patches"),
)  # fmt: skip
MORE_BELOW = "Further down:"
OPACITY = "Overlay"
COLOURS = "Colours"
CELLS = "Cells"
CELL_KINDS = {"patches": "one per patch", "smooth": "smoothed (invents detail)"}
SCALE = "Scale"
SCALES = {"shared": "shared", "own": "each its own"}
MAP_DEGENERATE = (
    "{which}: more than a tenth of {n:it|each} stems from weights of the last block that exact arithmetic would make"
    " zero. {n:It shows|They show} amplified rounding residue. Do not read {n:it|them} as evidence."
)
MAP_SWITCH = "Draw {map}"
MAP_ARMS, MAP_ARM_FOR = ("Clean map", "Attacked map"), " for {subject}"
GUIDE_TITLE = "What A-TPT mixes by: {map}"
GUIDE_WHY = (
    "Whatever map you read above, A-TPT makes its views by this one: a crop keeps more of itself where it is strong and"
    " takes more of an altered copy where it is weak. Each crop has its own; these are of the whole picture. Often only"
    " few of its cells are strong: read evidence from the maps above."
)
GUIDE_ABOUT = (
    "Drawn for the model's own answer, as the defence does: “{clean}” before the attack, “{attacked}” after it."
)
GUIDE_ABOUT_ONE = "Drawn for the model's own answer, as the defence does: “{attacked}”."
GUIDE_DEGENERATE = "{which}: amplified rounding residue. The defence mixes by {n:it|them} all the same."
MAP_SHARED_PAIR = "one scale for clean and attacked"
MAP_CLEAN, MAP_ATTACKED, MAP_DIFFERENCE = "● Clean", "▲ Attacked", "Attacked − clean"
MAP_ASKED, MAP_RIVAL = WANTED, "the answer after the attack"
MAP_CHOSEN = "the class you chose"
MAP_SUBJECTS = "{first}, and below it for {second}"
MAP_SUBJECT, MAP_SUBJECT_AGAINST = "“{name}”", "“{name}” rather than “{other}”"
MAP_SHARED = "one scale for clean and attacked, one for the differences"
MAP_SHARED_BOTH = "one scale for the maps of both classes, one for the differences"
ROOTS = {1: "", 2: "square-root scale", 3: "cube-root scale", 4: "fourth-root scale"}
MAP_OWN = "each map on its own scale: colours do not compare"
MAP_CAPTION = (
    ("What you see", "where the chosen method finds evidence for {label}; the white outline holds the strongest."),
    ("How", "{how} Values as computed, one number per patch, over the greyed picture."),
    (
        "What it does not show",
        "how much the model believes a class, nor why. Such maps say where information flowed, not what caused the"
        " answer.",
    ),
)
MAP_PLACES = "Compare places: brighter does not mean more believed, on either picture or for either class."
MAP_LINES = (
    "White outline: top 20 % of cells, as far as they reach {floor:g} % of the strongest. Scales end at the 99th"
    " percentile; values have no unit. Where few cells are strong, colours follow a root of the distance from the least"
    " value, so that weaker cells show too: the same for all maps of a scale, below which it stands, with the value of"
    " the middle colour."
)
MAP_OBJECT = " Thin line, in any colour that shows: the object's true outline."
FLAT_SMALL, STRONGEST_SMALL = "flat", "peak {value}"
FLAT, FLAT_MAPS = "the same everywhere: no cell is strongest", ("Maps are flat", "they point nowhere")
MAP_HOVER = "Point at a cell, by mouse or finger: the veil lifts there, and its value stands below."
MAP_GOES_ON = "The picture goes on beyond what is drawn here: step 1 shows all of it, and so do the files of the maps."
SAVE, SAVE_MAP = "PNG", "{name}: download over the whole picture"
SAVE_WHY = "Download this map over the whole picture, at the picture's own size (at most 4,096 pixels long)"
SAVING, SAVED = "Drawing the map over the whole picture", "The map is drawn: the download has started."
SAVE_GONE = "This map is not there any more: draw it again first."
SAVE_NO_FILE = "The picture's file is no longer here: upload it again to download maps over it."
SAVE_UNNAMED = "picture"
MAP_TITLE, MAP_TITLE_AGAINST = "Evidence for {subject}, {why}", "Evidence for {subject}"
MAP_TITLE_NO_CLASS = "Where the model looks, whatever the class: this map asks for none"
MAP_CAPTION_NO_CLASS = (
    ("What you see", "where the chosen method says the model looks; the white outline holds the strongest."),
    *MAP_CAPTION[1:2],
    (
        "What it does not show",
        "evidence for or against any class: it would be the same for all of them, so it cannot say what an answer rests"
        " on.",
    ),
)
SIMILARITY_TITLE = "Did the attack move the map?"
SIMILARITY_HINTS = {  # by whether the attack has a null arm of its own
    False: "the first maps above; beside harmless noise",
    True: "the first maps above; beside the null arm",
}
TRUTH_HEADS = ("Map", "Strongest cell", "Of the map, on the object", "Of the map, on that part")
POINTS_NOWHERE = "none: flat map"
TRUTH_HINT = (
    "the first maps above; the object covers {object} of the picture, the part named last, after “with”, {part}"
)
SIMILARITY_HEADS = (
    "Clean map compared with", "Rank correlation", "Structure (SSIM)", "Strongest fifth in common (IoU)",
    "Centre moved, of the side",
)  # fmt: skip
SIMILARITY_ALIKE = (
    "Maps that are the same: 1, 1, 100 % and 0 %. The strongest fifth counts cells too faint to be outlined, but none"
    " at its map's minimum: what points at few cells has few to share."
)
SIMILARITY_FLAT = "–: nothing to compare, as a map that is the same everywhere has no order and no strongest cells."
SIMILARITY_MORE = {
    False: "By {more} of the {of} measures the attack changed this map more than random noise of its size.",
    True: "By {more} of the {of} measures the attack changed this map more than its null arm.",
}
SIMILARITY_NULL_OWN = "null arm: {what}"
SIMILARITY_NULL = "random noise of the same size"
SIMILARITY_RANDOM = "a map drawn at random"

EVERY_ASKS = "There are many ways to draw such a map. Do they agree, and which of them can be trusted here?"
EVERY_RUN = "Draw every map"
EVERY_EMPTY = "Press **Draw every map** to see all kinds side by side, each with what tells good maps from bad."
EVERY_TITLE, EVERY_TITLE_FOR = "Every kind of map", "Every kind of map, for {subject}"
EVERY_HINT = "one scale for the two maps of a kind, with a root where it needs one"
EVERY_ENDS = ("least", "", "99th percentile of the two maps of a kind")
EVERY_HEADS = (
    "Map", "● Clean", "▲ Attacked", "Alike: attacked", "Alike: null arm", "Alike: shuffled model (near 0 is good)",
)  # fmt: skip
EVERY_TRUTH = ("On object (by chance {chance}): clean", "On object: attacked")
EVERY_DEGENERATE = "degenerate: rounding residue"
EVERY_ALIKE = {  # by whether the clean picture is known
    True: "alike: rank correlation of the clean map with the attacked one, with that of its null arm (random"
    " noise of the same size where it has no other), and with that ",
    False: "alike: rank correlation of the attacked map with that ",
}
EVERY_CAPTION = (
    (
        "What you see",
        "every map, for the same class where it asks for one, and how much of it lies on the object where that is"
        " known; “peak” tells whether its strongest cell does.",
    ),
    (
        "How",
        "{alike}of a model whose last block's weights are shuffled (Adebayo et al., NeurIPS 2018). The random baseline"
        " is drawn anew for every picture, whatever the model, and is not the random map of the tables above.",
    ),
    (
        "What it does not show",
        "which map is true. A map that stays the same when the last block is shuffled says little about that block. Raw"
        " attention, attention rollout and the baselines ask for no class at all. Of 600 painted pictures edges alone"
        " find the object about as often as A-TPT's map: to find it proves little.",
    ),
)

WORDS_ASK = "The other half of the answer is the sentence. Which of its words make the picture fit?"
WORDS_RUN = "Read the words"
WORDS_EMPTY = "Press **Read the words** to see which words of the class's sentence count, before and after the attack."
WORDS_TITLE, WORDS_HINT = "Words of “{name}”, {why}", "shares of each sentence, rounded; they add up to 100 %"
WORDS_SCORE = "fits with {score:.2f}"
WORDS_CAPTION = (
    ("What you see", "how much each word counts for the fit of sentence and picture; the stronger the tint, the more."),
    (
        "How",
        "gradient-weighted relevance through all blocks of the text tower (Chefer et al., ICCV 2021). “Fits” is the"
        " scaled cosine that softmax turns into shares.",
    ),
    (
        "What it does not show",
        "words that speak against the picture: only positive parts are kept. A word acts through all words after it, so"
        " the last ones gather more, and 0 % does not mean that a word is ignored.",
    ),
)

OCCLUSION_ASKS = "Does the answer hang on what the map points at? Blur its strongest patches and see."
OCCLUSION_RUN = "Test the map"
OCCLUSION_EMPTY = {  # by whether the clean picture is known
    True: "Press **Test the map** to blur the clean picture patch by patch, in the order of the map.",
    False: "Press **Test the map** to blur the attacked picture patch by patch, in the order of the map.",
}
OCCLUSION_TITLE = "The clean picture blurred and brought back, for “{name}”"
OCCLUSION_MAP = "this map"
OCCLUSION_AXIS = "step of {steps}: {share} of patches each, strongest first"
DELETION, INSERTION = ("Deletion: blur them", "lower is better"), ("Insertion: bring them back", "higher is better")
OCCLUSION_SUMMARY = (
    "On this picture the map's order is {deletion} at deletion and {insertion} at insertion than a random one; areas"
    " within {same:g} of each other count as alike. The wholly blurred picture still gives the class {left}."
)
OCCLUSION_FLAT = (
    "This map is the same everywhere and puts no patch before another: its order here was drawn at random, like the"
    " other."
)
OCCLUSION_BETTER, OCCLUSION_WORSE, OCCLUSION_SAME = "better", "worse", "no better"
OCCLUSION_CAPTION = (
    ("What you see", "the class's probability while patches are blurred, or brought back into the blurred picture."),
    (
        "How",
        "deletion and insertion (Petsiuk et al., BMVC 2018) with a blur, equal patches in random order; the area under"
        " each curve is its score.",
    ),
    ("What it does not show", "how a picture with half its patches blurred should look to a model never shown one."),
)

HEADS_PICTURE, HEADS_PICTURES = "Heads of the", {"clean": "clean picture", "attacked": "attacked picture"}
HEADS_ORDER = "Order of the heads"
HEADS_ORDERS = {"number": "as numbered", "focused": "most focused first", "moved": "most moved by the attack first"}
HEADS_LOOK = "Look inside"
HEADS_EMPTY = "Press **Look inside** to see what every head of every layer reads, and to ask single patches."
HEADS_TITLE = "What the class token reads, head by head: {picture}"
HEADS_SHARED, HEADS_OWN = "one scale, also for the other picture", "each head on its own scale"
HEADS_ENDS, HEADS_UNIT = ("least", "", "the head's 99th percentile"), "share of the attention that goes to a patch"
HEAD, HEADS_OPENED = "layer {layer}, head {head}", "{head}: what {reader} reads"
HEADS_CLASS, HEADS_PATCH = "the class token", "the patch in row {row}, column {column}"
HEADS_OUTLINE = (
    "Shares of the attention, on a scale of this head's own; white outline: the strongest fifth without its faint"
    " cells."
)
HEADS_PRESS = "Press a patch to see what it reads, or move from patch to patch with the arrow keys."
HEADS_BACK = "Back to the class token"
HEADS_NONE_LONG = (
    "Patches with an outsized token, which models use as scratch space, would be dashed; this layer leaves none."
)
HEADS_LONG = (
    "Dashed: patches whose token is more than twice as long as the median after this layer (clean {clean}, attacked"
    " {attacked}). Models use such patches as scratch space (Darcet et al., ICLR 2024): do not read them as evidence."
)
HEADS_LAYERS = "What would the answer be after each layer?"
HEADS_LAYERS_HINT = "read off as if that layer were the last"
HEADS_PUSHED, HEADS_NOW = "Class pushed away from", "answer after the attack"
HEADS_TRUE_CLEAN, HEADS_TRUE_ATTACKED = "class pushed away from, clean picture", "the same, attacked picture"
HEADS_NOW_ATTACKED = "answer after the attack, attacked picture"
HEADS_CAPTION = (
    (
        "What you see",
        "raw attention: which patches a head reads for the class token, no word but the slot that becomes the answer,"
        " or for the patch you pressed.",
    ),
    ("How", "softmax of query times key in that head, as it is; what goes to the class token itself is left out."),
    (
        "What it does not show",
        "what the head does with what it reads, nor whether the answer depends on it. Early layers were never trained"
        " to answer, so their probabilities are a rough guide.",
    ),
)

VIEW_KIND = "Kind"
VIEW_KINDS = {
    "attention": "Attention-guided (A-TPT)",
    "augmix": "Plain AugMix (TPT, R-TPT)",
    "crops": "Crops only (MTA, ZERO)",
    "perspective": "Other angles (AGC)",
    "everyday": "Everyday changes (DBD)",
}
VIEW_COUNT = "Number of views"
VIEW_SHARES = {
    "high": "High attention: share of pixels",
    "low": "Low attention: share of pixels",
    "keep_high": "Crop kept where attention is high",
    "keep_low": "Crop kept where attention is low",
    "smallest_crop": "Smallest crop, share of the area",
}
MAKE_VIEWS = "Make views"
SORT = "Sort by"
SORTS = {
    "index": "number",
    "entropy": "entropy, surest first",
    "weight": "weight in the answer",
    "map": "map most like the picture's",
}
VIEWS_TITLE, VIEWS_HINT = "{count} views of the attacked picture", "scroll among them to see all"
VIEWS_STRANGE = "How many answer as was asked for or as on the clean picture (=), which means nothing here:"
VIEWS_ASKED = {
    True: "How many answer with the true class (✓) before any tuning:",
    False: "How many answer as on the clean picture (✓) before any tuning:",
    None: "How many answer as the attacked picture itself (=) before any tuning, which is neither right nor wrong:",
}
VIEWS_CARD = {
    True: "still {right:gives|give} the right class", False: "{right:gives|give} the clean answer",
    None: "{right:answers|answer} as the picture itself",
}  # fmt: skip
VIEWS_ALL, VIEWS_ALL_WHY = "All views", "Each view counts once"
VIEWS_TUNING, VIEWS_TUNING_WHY = "Those that drive the tuning", "The surest views move the prompt in step 5"
VIEWS_WEIGHT, VIEWS_WEIGHT_WHY = "Their share of all weight", "The weights of step 6 add up to 100 %"
VIEWS_LATER = "Which views drive the tuning, and which weigh in the answer, is known after the next step."
TILE_NUMBERS = "number of the view, and its entropy: 0 means sure of one class"
TILE_RIGHT = {True: "the true class", False: "the clean answer", None: "the same answer"}
TILE_OTHER = "another answer; of a long name only the words that differ"
TILE_WRONG = "a wrong answer; of a long name only the words that differ"
TILE_TUNES = "{count:the surest view|one of the {count} surest}: it moves the prompt"
TILE_WEIGHS = "weight in the answer, as step 6 says; all alike would be {even}"
VIEW_TITLE = "View {view} opened"
VIEW_SURE, VIEW_SURE_WHY = "Share of its answer", "Under the untuned prompt"
VIEW_ENTROPY, VIEW_ENTROPY_WHY = "Entropy", "0: sure of one class"
VIEW_RANK, VIEW_RANK_WHY = "Rank by sureness", "1 is the view with least entropy"
VIEW_DRIVES, VIEW_WEIGHT = "Drives the tuning", "Weight in the answer"
VIEW_MAP = "Likeness of its map to the attacked picture's (1: the same; no part of the weight)"
VIEW_MAP_WHY = (
    "Rank correlation of this view's map with that of view 0, cut and mirrored alike: 1 the same, 0 unrelated. Each map"
    " is for its own view's answer; –: a map that is the same everywhere has no order"
)
VIEW_WHOLE = "The attacked picture itself, not cut and not mixed."
VIEW_CROP = "Cut from {width} × {height} pixels at ({left}, {top}){mirrored}."
VIEW_ANGLE = "The whole picture as from another angle; what lies outside it is black."
VIEW_CHANGED = "The whole picture with one change: {change}."
VIEW_BETA = " Plain AugMix would keep {beta} of the crop everywhere, a share drawn by chance."
VIEW_REGIONS = (
    " Guided by this view's attention (yellow: strongest), {keep_high} is kept on the {high} of the pixels where it is"
    " highest, however faint, and {keep_low} on the {low} where it is lowest"
)
VIEW_BETWEEN = "; on the {middle} between, chance decides as in plain AugMix."
VIEW_DEGENERATE = " This view's map is degenerate: it shows amplified rounding residue."
VIEW_ALT = "View {view}: {part}"
VIEWS_CAPTION = (
    ("What you see", "all views of the attacked picture; number 0 is the picture itself. Pick one to open it."),
    (
        "How",
        "random crops, each mixed with an altered copy of itself (“pure mix”): guided views take little of the copy"
        " where attention is high and much where it is low, plain AugMix the same share everywhere. The attack was"
        " fitted to the whole picture as it is, so many crops escape it. Other angles and most everyday changes show"
        " all of the picture, and are not mixed.",
    ),
    (
        "What it does not show",
        "that a crop holds the object: a sure view can be sure of the wrong class. What the model would answer to the"
        " plain AugMix view is another run: choose it under Kind.",
    ),
)
VIEW_PARTS = ("Crop (base)", "Its attention", "Kept (light: more)", "Pure mix", "Plain AugMix", "The view")

LOSS = "Entropy to lower"
LOSSES = {
    "pointwise": "of each view (R-TPT, A-TPT)",
    "marginal": "of their mean (TPT)",
    "dispersed": "of their mean, sentences apart (C-TPT)",
    "neighbour-agreement": "of each view, views agreeing (SS-TPT)",
}
TUNE_STEPS = "Steps"
STEPS_MOST = "Expected at most {most} tuning steps; that many are taken."
LEARNING_RATE = "Learning rate"
KEEP = "Surest views, share"
NO_LOSS = (
    "The share is less than one view, so no view is kept, as the official codes count: there is no loss, and only"
    " weight decay moves the prompt."
)
STEP, BACK, RUN, RESET = "One step", "Back", "All steps", "Reset"
TUNED_CARD = "{steps} {steps:step|steps}"
TUNED_ANSWER = "Answer for the attacked picture itself, before and after tuning"
TUNED = {  # by whether a true class is given; then by whether it, or else the clean answer, was answered, and now is
    True: {
        (False, False): "Tuning alone does not repair the answer to the picture itself. The verdict in step 6 does not"
        " rest on it: there **all views answer** with the tuned prompt, weighted.",
        (False, True): "Tuning alone repaired the answer to the picture itself. In step 6 all views answer, weighted.",
        (True, True): "The answer to the picture itself was right and still is. In step 6 all views answer, weighted.",
        (True, False): "Tuning made the answer to the picture itself **wrong**. In step 6 all views answer, weighted.",
    },
    False: {
        (False, False): "Tuning alone does not bring back the clean answer to the picture itself. The verdict in step 6"
        " does not rest on it: there **all views answer** with the tuned prompt, weighted.",
        (False, True): "Tuning alone brought back the clean answer to the picture itself. In step 6 all views answer,"
        " weighted.",
        (True, True): "The answer to the picture itself was the clean one and still is. In step 6 all views answer,"
        " weighted.",
        (True, False): "Tuning led the answer to the picture itself **away from the clean one**. In step 6 all views"
        " answer, weighted.",
    },
    None: {  # the untuned answer is the one that answers are held against
        (False, False): "Tuning did not change the answer to the picture itself. In step 6 all views answer, weighted.",
        (False, True): "Tuning changed the answer to the picture itself. In step 6 all views answer, weighted.",
        (True, True): "Tuning did not change the answer to the picture itself. In step 6 all views answer, weighted.",
        (True, False): "Tuning changed the answer to the picture itself. In step 6 all views answer, weighted.",
    },
}
TUNING_LOSS, TUNING_LOSS_WHY = "Tuning loss", "Over the driving views, in nats"
TUNING_LOSS_IS = "entropy {loss}"
SHARES_ALONE = "Shares for the attacked picture itself"
LARGEST_MOVE = "Largest move of a class sentence (1 − cosine)"
LARGEST_MOVE_WHY = "Between its text features before and after"
REFERENCE_SHORT = {True: "★ true class", False: "☆ clean answer", None: "☆ answer without defence"}
ENTROPIES = "Entropy of every view"
SURER, SURER_HINT = "Did the views become surer?", "below 0: surer than before tuning"
SURER_NONE = "No view drives the tuning. Mean change in nats"
SURER_KEPT, SURER_OTHERS = "Mean change of the views that drive the tuning: {mean} nats", "; of the others: {mean}"
SURER_MORE = ". Those that drive it are the surest: they have the least entropy to lose."
VECTORS = "The prompt's vectors"
VECTOR_HEADS = ("began as", "moved by", "nearest words now (cosine)")
SENTENCES = "The class sentences"
SENTENCE_HEADS = ("moved most, and ★", "moved by (1 − cosine)")
SENTENCES_MEAN = "Mean of all {count} sentences: {mean}. 0 is no move, 1 a right angle."
TUNE_CAPTION = (
    (
        "What you see",
        "the prompt's word vectors moving so that the surest views become surer, and what this does to the answer.",
    ),
    ("How", "AdamW on the vectors before the class name; picture features and model weights stay fixed."),
    (
        "What it does not show",
        "that surer is righter. The first step of AdamW moves every vector equally far, so it does not tell which word"
        " matters. Nearest words rarely read as language: a vector can move far and keep its nearest word.",
    ),
)

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
MANY_WAITS = "Optional: try several at once."
STRANGE = (
    "**This model knows only its paintings.** By a measured score this picture is none of them: what it answers here"
    " means nothing, whether or not an attack or a defence changes it."
)
FILE_REFUSED, PICTURE_STAYS = "“{name}” was not opened. {why}", " “{name}” stays."
STRANGE_WAY = "The head of the page offers a CLIP for photographs."
STRANGE_CARD, STRANGE_ANSWER, STRANGE_VERDICT = (
    "Not one of its paintings",
    "its answer means nothing",
    "Means nothing here",
)
STRANGE_MARK = {True: "the same", False: "another"}  # by whether the answer is that of the clean picture, or asked for
MOVED = {  # by whether the attacked picture is answered otherwise
    True: "The attack moves the answer from **{before}** to {answer}.",
    False: "The attack leaves the answer: {answer}.",
}
MOVED_CARD = {True: "Another answer", False: "The same answer"}
POSTER_CLEAN, POSTER_ATTACKED, POSTER_DEFENDED = "Clean", "Attacked", "Attacked, answered by A-TPT"
POSTER_YOURS = "Attacked, answered with your settings"
POSTER_MODEL = "Answers of the model **{model}**."
POSTER_MAP = "The last picture is bright where its map finds evidence: {map}."
POSTER_SAVE, POSTER_GONE = "Save poster ({kind})", "There is no poster yet: run the story first."
POSTER_DRAWING, POSTER_SAVED = "Drawing the poster", "The poster is drawn: the download has started."
STRANGE_JUDGED = "the same answer or another: for this model neither is right"
STRANGE_BATCH = (
    "Of {count} of these pictures the model knows nothing: it knows only its paintings. What it answers to"
    " {count:it|them} means nothing and is in no count."
)
OF_DEFENCES = {  # this and the next ones: by whether a true class is given
    True: " Of the {of} {of:method|methods} chosen, {right} {right:answers|answer} right.",
    False: " Of the {of} {of:method|methods} chosen, {right} {right:keeps|keep} it.",
    None: " Of the {of} {of:method|methods} chosen, {right} {right:answers|answer} as without defence.",
}
DEFENDED = {True: "answers right", False: "keeps the clean answer", None: "answers as without defence"}
NOT_DEFENDED = {
    True: "answers wrong", False: "does not keep the clean answer", None: "answers otherwise than without defence",
}  # fmt: skip
AS_ASKED = {  # then by whether the true class, or else the clean answer, is answered
    True: {True: "right", False: "wrong"}, False: {True: "as clean", False: "not as clean"},
    None: {True: "the same", False: "another"},
}  # fmt: skip
VERDICT_GOOD = {True: "Right answer", False: "Clean answer", None: "The same answer"}
VERDICT_BAD = {True: "Wrong answer", False: "Not the clean answer", None: "Another answer"}
JUDGED = {
    True: "right or wrong against the true class",
    False: "as clean or not: no true class was given, so nothing can be called right",
    None: "the same as without defence or another: neither clean picture nor true class is known, so none is right",
}
BATCH_SOURCE, BATCH_COUNT, BATCH_RUN = "Pictures", "How many", "Try them"
BATCH_SOURCES = {
    "samples": "the samples", "specimens": "fresh specimens, held out", "own": "your own pictures",
}  # fmt: skip
BATCH_FILES = "Your pictures"
BATCH_TRUTHS = "True classes (optional)"
BATCH_TRUTHS_INFO = "One per line, in the order of the pictures; an empty line where you do not know it."
BATCH_NO_FILES = "There are no pictures of yours yet: choose up to {most} files first."
BATCH_NO_PICTURE = "None of these files is a picture that can be used; below stands why."
BATCH_TOO_MANY = "Expected at most {most} pictures at once; got {got}."
BATCH_TRUTHS_MORE = "Expected at most one true class for each picture; got {got} lines for {count}."
BATCH_TRUTH_ODD = "Expected one of the class names as the true class of “{name}”; got “{got}”."
BATCH_UNKNOWN = "not given"
BATCH_UNKNOWN_NOTE = (
    "Without a true class nothing can be called right: **=** says that the answer is still the clean one, **≠** that it"
    " is not. There the attack pushed away from the clean answer."
)
BATCH_BLIND = (
    "On {count} of {total} {total:picture|pictures} the gradient was zero at the first step: the attack could not see"
    " which way to go, so {count:this picture proves|these pictures prove} nothing about robustness."
)
BATCH_RIGHT = "<b>Right</b>, of {count} {count:picture|pictures}"
BATCH_KEPT = "<b>Clean answer kept</b>, of {count} {count:picture|pictures}"
BATCH_MADE = "{attack}, {limit},{turns} no target; {views} views; random seeds from {seed} on"
ITERATIONS = " {steps} {steps:iteration|iterations},"
BATCH_TURNED = "<b>Turned wrong</b>, of {count} {count:picture|pictures} that the model gets right when clean"
BATCH_CLEAN, BATCH_ATTACKED = "Not attacked, no defence", "{title}, attacked"
BATCH_PROGRESS = "{done} of {total} {total:picture|pictures} answered, about {left:.0f} s left"
WILSON = "95 % Wilson interval: where the true share may lie"
BATCH_CAPTION = (
    (
        "What you see",
        "what each method answers for each picture; after ✗ stand the words of its answer where the true class has"
        " others.",
    ),
    ("How", "the attack of step 2, away from the true class, then the methods of step 6 with the views of step 4."),
    (
        "What it does not show",
        "small differences: the 95 % interval below each count is where the share may lie after so few pictures."
        " Whether percentages can be trusted takes hundreds; the kept pictures further down tell.",
    ),
)
MOSAIC_HEAD = "Is one defence better than another?"
MOSAIC_LEFT, MOSAIC_RIGHT, MOSAIC_UNDER = "Left", "Right", "Kept pictures"
MOSAIC_ARM = "{attack} · {pictures} pictures"
MOSAIC_CLEAN, MOSAIC_ATTACKED, MOSAIC_STEPS = "Not attacked", "{attack}, {limit}", "{attacked}, {steps} iterations"
MOSAIC_TITLE = "{left} beside {right}, picture by picture"
MOSAIC_HINT = "{attack}; {pictures} pictures, {views} views of each"
MOSAIC_SAME = "Left and right are the same method: choose another one for either."
MOSAIC_MISSING = "Not measured on these pictures: {names}. Measured are {known}."
MOSAIC_EVEN = "**{first} : {second}, cannot be told apart** ({p})."
MOSAIC_AHEAD = "**{first} : {second}, more often right with {ahead}** ({p})."
MOSAIC_DIFFERENCE = (
    "Of the pictures, {left} alone is right on {first} and {right} alone on {second}; {left} minus {right}:"
    " {difference} percentage points of right answers (95 % interval {low} to {high})."
)
MOSAIC_GROUPS = {
    "only-left": "Right only with {left}", "only-right": "Right only with {right}", "neither": "Both wrong",
    "both": "Both right",
}  # fmt: skip
MOSAIC_ABOUT = "Point at a tile, tap it, or go there with the arrow keys: here stands which picture it is."
MOSAIC_TILE, MOSAIC_OPEN = "Specimen #: @.", "Open specimen # as a story"
MOSAIC_LABEL = "Mosaic of pictures: arrow keys move, Enter opens the picture as a story"
MOSAIC_OPENED = "Specimen {number} with its record's settings and seed; now its story runs."
MOSAIC_AWAITED = "The tiles are on their way."
MOSAIC_NO_TILE = "There is no such picture among the kept ones."
MOSAIC_CAPTION = (
    (
        "What you see",
        "a tile for each kept picture, its left half full where the method on the left is right, its right half where"
        " that on the right is. Pressing a tile opens the picture in steps 1 to 6, asked about as it was then.",
    ),
    (
        "How",
        "from records of the built-in model on specimens held out of training. Only pictures on which the two differ"
        " can tell them apart: the exact two-sided McNemar test says how often a coin would split them so unevenly, and"
        " below 0.05 the page calls one ahead. The interval is Newcombe's for paired shares.",
    ),
    (
        "What it does not show",
        "that two methods are equally good where they cannot be told apart: more pictures might. Whoever tries many"
        " pairs finds a small p by chance. And this is one small model and a painted world, under attackers who may"
        " know nothing of either defence.",
    ),
)
SWEEP_HEAD = "And this picture, limit by limit?"
SWEEP_ASKS = (
    "The picture of steps 1 to 6, attacked anew at each limit and with each seed; asked are CLIP alone and the two"
    " methods above. Stop keeps what there is, and the button goes on from there."
)
SWEEP_RUN, SWEEP_SEEDS = "Sweep the limit", "Seeds"
SWEEP_ELSEWHERE = "A sweep attacks the clean picture itself: it needs one that was not attacked elsewhere."
SWEEP_PROGRESS = "{done} of {total} points, about {left:.0f} s left"
SWEEP_TITLE = "This picture, the limit of the attack growing"
SWEEP_HINT = (
    "{attack}, {steps} {steps:iteration|iterations}, {views} views, seeds from {seed} on; {done} of {total} points"
)
SWEEP_X = "largest change allowed"
SWEEP_Y = {True: "lead of the true class (nats)", False: "lead of the clean answer (nats)"}
SWEEP_ZERO = {True: ("right", "wrong"), False: ("kept", "lost")}
SWEEP_POINT = "{name}, {limit}: lead {lead}, over seeds {low} to {high}; {right} of {of} {of:seed|seeds}"
SWEEP_HELD = {
    True: "Right with every seed so far up to: {each}.",
    False: "The clean answer is kept with every seed so far up to: {each}.",
}
SWEEP_NEVER = "not even unattacked"
SWEEP_ROWS = {True: "Right, of the seeds so far", False: "Clean answer kept, of the seeds so far"}
SWEEP_KEPT = "Another thing: how often each is right over the kept pictures"
SWEEP_KEPT_WHY = (
    "Shares of many pictures, each attacked with one seed and {steps} iterations, and no points of the lines above:"
    " those are one picture over seeds. There are records at these limits only."
)
SWEEP_NOT_KEPT, SWEEP_OF = "not measured", "of {pictures}"
SWEEP_CAPTION = (
    (
        "What you see",
        "by how much the class that should be answered leads the best other one, in logarithms of probabilities, on a"
        " scale stretched around 0: the line is the middle seed, the band all seeds. Below, with how many seeds it is"
        " answered.",
    ),
    (
        "How",
        "the attack of step 2 and the views of step 4, at 0, 1, 2, 4, 8 and 16 of 255 (under L2 at 0 to 4 times the"
        " usual length), first all limits with one seed. Seeds draw the views and what is random in the attack.",
    ),
    (
        "What it does not show",
        "which method is better: this is one picture. A few seeds do not bound what another would give, and an attack"
        " with more iterations, or one that goes through the defence, may turn what holds here.",
    ),
)
RECORDED_SAME = (
    "This is specimen {number} of the kept records, asked about as then: all {count} methods answer as in its record."
)
RECORDED_DIFFERS = (
    "**Otherwise than the record of specimen {number}**, with the same settings and seed: {each}. Records were made on"
    " other machines, 322 of the 600 on a GPU; there the last digits of every iteration differ, and an answer that"
    " hangs by little turns."
)
RECORDED_OTHER = "{name} answers **{here}** here and **{there}** there"
NUMBERED = "Specimen {number} of the series {series}, which kept evaluations ask about; held out of training"
MEASURED = {
    "every-defence": (
        "What hundreds of pictures say",
        "Right answers in percent, measured ahead of time with the built-in model on specimens held out of training,"
        " each among 40 names that differ in little. PGD through view average is made against the views, so a model"
        " without defence loses less to it than to plain PGD.",
    ),
    "every-attack": (
        "Every method against more kinds of change",
        "PGD with and without the true class, APGD, noise as large as they may be, a written word, ordinary damage,"
        " and for the newer methods PGD through the method itself. It still grows: mind how many pictures there are.",
    ),
    "collapse": (
        "Larger limits, and an attacker who looks through views",
        "Where all views answer (view average, R-TPT, A-TPT), PGD that knows nothing of them breaks hardly more at"
        " 16/255 than at 8/255. PGD through view average, over fresh views at every iteration (EOT), breaks every"
        " method of this table within 16/255.",
    ),
}
ITSELF, FROM_ITS_ANSWER = "itself", "away from the model's own answer"
MEASURED_BEST = "Highest under each attack: {best}. Where intervals overlap, the table alone cannot tell methods apart."
MEASURED_HINT, MEASURED_SO_FAR = "{pictures}{so_far} pictures, {views} views of each", " of {pictures}"
MEASURED_GO = "One picture proves nothing: see what hundreds say"
MEASURED_CAPTION = (
    ("What you see", "the share of right answers, a mark on a scale from 0 to 100, and its 95 % Wilson interval."),
    (
        "How",
        "with this project's command line, on the same attacked pictures for every method; its source has the records.",
    ),
    (
        "What it does not show",
        "how CLIP fares on photographs: this is one small model and a painted world. No column goes through A-TPT"
        " itself; step 2 does, one picture at a time.",
    ),
)
TRUST = "Can their percentages be trusted?"
TRUST_LEAD = (
    "Of answers that are given with 80 %, about 80 in 100 should be right. Where a bar ends on the slanted line, a"
    " method keeps its word; below it, it promises too much, above it, too little."
)
TRUST_SHOWN = "{title}, {arm}"
TRUST_CLEAN, TRUST_ATTACKED = "not attacked", "attacked"
TRUST_X, TRUST_Y = "promised, in percent", "right, in percent"
TRUST_BIN = "pictures: {count}; {confidence} promised, {accuracy} right"
TRUST_FEW = "pictures: {count}, too few to tell; {confidence} promised, {accuracy} right"
TRUST_ERROR = "Off by **{ece}** on average ({low} to {high}); one that keeps its word stays below {calibrated} here."
TRUST_SURER = "A right answer is surer than a wrong one in **{auroc}** of all pairs ({low} to {high})."
TRUST_ALIKE = "All answers are {alike}, so that nothing tells right ones from wrong ones."
TRUST_FOOLED = "The attack turns **{fooled} of {of}** answers that were right before ({low} to {high})."
TRUST_EVEN = "{arm}, which of the two keeps its word better cannot be told: {difference} ({low} to {high})."
TRUST_APART = "{arm}, {better} seems to keep its word better: {difference} ({low} to {high})."
TRUST_DIFFERENCE = "{left} minus {right}, {value} points"
TRUST_LACKING = "These records keep no percentages, so that this cannot be told."
TRUST_CAPTION = (
    (
        "What you see",
        "the kept pictures in 15 groups by how sure the answer was: a bar as high as the share of right answers, a dot"
        " at the mean percentage, and below how many pictures there are. Groups of fewer than ten are grey.",
    ),
    (
        "How",
        "“Off by” is the expected calibration error (ECE) with 15 bins of equal width, the pairs are the AUROC of"
        " confidence. Intervals are 95 % ones over 2,000 draws of the pictures, the same for both methods (basic"
        " bootstrap), those of the attack Wilson's.",
    ),
    (
        "What it does not show",
        "that a method with honest percentages is right more often. ZERO's are shares of votes, and averages of many"
        " views are less sure by nature; with few pictures even an honest method seems to be off.",
    ),
)
ASKED, ASKED_MORE = "asks “{first}”", "asks “{first}” and {more} more"
DEFENCES_LABEL = "Methods"
REFERENCE, REFERENCE_WHY, UNTIMED = "No attack, no defence", "The reference", "not timed"
YOURS, YOURS_UNTUNED = "Your settings", "Your settings, before tuning"
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

MATHEMATICS = "Show me the mathematics"
TOUR = "Take the tour"
SKIP, BAR, TO_INPUTS = "Skip to the steps", "Actions", "To the picture and its classes"
PRESENT, LEAVE = "Present", "Leave (Esc)"
