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
READY = "Ready. Press “Run the whole story”, or go step by step."
SHARED = ("", ", taking turns with one other visitor", ", taking turns with {count} other visitors")
BOOKED = " ({seconds} s of the lent accelerator are booked)"
NOT_LENT = "The host did not lend its accelerator for the {seconds} s that this books. {reason}."
STOPPING = "Stopping …"
STOPPED = "Stopped. What was finished stays on the page."
UP_TO_DATE = "Every step shows these settings."
CLEARED = "Changed. {of:Step|Steps} {steps} {of:has|have} nothing with these settings yet."
DIMMED = "Changed. {of:Step|Steps} {steps} still {of:shows|show}, dimmed, what was made with other settings."
STALE = "What is dimmed here was made with other settings: {settings}."
STALE_PRESS = "Press its own button to compute it anew."
BROUGHT, AND = " (with its {names})", " and "
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
STORY_HELD = "The whole story is ready: watch its steps go by, or open any of them."
STORY_GONE_BY = "The whole story is here, from attack to verdict: open any of its steps."
STORY_DONE = "The whole story ran in {seconds:.1f} s."
FAULT = "Something went wrong here that is not your doing. What was finished stays; try it again or load the page anew."
COMES = "The story is on its way: this step comes by itself."
NOT_YET = "That does not work yet"

RUN_STORY = "▶ Run the whole story"
STOP = "■ Stop"
LIVE = "Live results"
UNDO, REDO = "Undo", "Redo"
LOOKED = {-1: "Back at what you looked at before.", 1: "Forward again to what you looked at after it."}
NO_LOOK = "There is nothing further that way."
MISFIT = "Expected the values that this takes, as “Use via API” lists them; what came is too many, too few or others."
NO_ROOM = "The disk of this server is full; try again later."
NO_ENDPOINT = "Expected one of the endpoints that “Use via API” lists."
API_FILE = "Expected a picture that was uploaded as a file; with gradio_client write handle_file(PATH)."
API_WHOLE = "a whole number from {low} to {high}"
API_OTHERS = "Expected answer_with to name 1 to {most} models, each another and none of them {own}; got {got}."
API_TYPE = "Expected {name} to be {kind}; got {got}."
ELSEWHERE_IS = "The attacked picture is “{name}”, made elsewhere: nothing is attacked here."
ELSEWHERE_ITSELF = "This picture is taken for an attacked one whose clean one is unknown: nothing is attacked here."
ELSEWHERE_CARD = "Attacked elsewhere"
ONE_MAP = "One map", "the clean one is unknown"
UNKNOWN = "unknown"
ANSWER_CLEAN, ANSWER_ATTACKED = "Answer to the clean picture", "Answer to the attacked picture"
WANTED = {True: "the true class", False: "the clean answer", None: "the answer without defence"}
MODEL_LOADING = "Loading {name}"
MODEL_READY = {  # by whether it is asked for the same names
    True: "{name} is in use, with the same picture, class names and prompt. No results yet.",
    False: "{name} is in use, asked for other class names. No results yet.",
}
KNOWS_THAT, KNOWS = "knows {knows}", "knows what its publisher trained it on"

DIFFERS = {
    True: "underlined: not as in the ★ class", False: "underlined: not as in the ☆ answer",
    None: "underlined: not as in the ☆ answer",
}  # fmt: skip
DIFFERS_PRESENTED = {
    True: "Underlined: words that the true class does not have.",
    False: "Underlined: words that the clean answer does not have.",
    None: "Underlined: words that the answer without defence does not have.",
}
MARGIN, MARGIN_WHY = "Margin over the next (score)", "Score (logit) of the first class minus that of the second"
SHARE, COSINE = "share", "cosine"
COSINE_WHY = (
    "Share: how the classes divide 100 %. Cosine: how well this sentence fits the picture at all, from −1 to 1."
)
NONE, NONE_LABEL = "none of these", "“None of these” may be the answer"
NONE_CARD, NONE_CARD_WHY = "None of these", "no class is close: best cosine {best}, {name}"
NONE_ATTACKED = (
    "The attacked picture is answered **none of these**: its best cosine, {best} for **{name}**, is below the threshold"
    " of {threshold}. Whether the attack worked is told of the likeliest class alone."
)
NONE_UNJUDGED = (
    "**None of these** is the model's answer to the clean picture, and nobody says what it shows: so no answer here is"
    " right or wrong, and all is about the likeliest class."
)
NONE_MARK, NONE_MARK_WHY = "neither", "“none of these” is neither right nor wrong"
NONE_VERDICT = "Not judged"
THROUGH_CARDS = {True: "{defence} held", False: "{defence} broke", None: "Whether {defence} holds is open"}
ALONE = "Apart from that, without a defence the model says {answer}."
ALONE_CARD = "alone: {said}"
FOOLED = {True: "Fooled", False: "Turned"}  # by whether somebody aimed the change at the model
CORRUPTION, CORRUPTIONS = "Kind of damage", {
    "gaussian-noise": "Noise: Gaussian", "shot-noise": "Noise: few photons", "impulse-noise": "Noise: broken values",
    "defocus-blur": "Blur: out of focus", "glass-blur": "Blur: frosted glass", "motion-blur": "Blur: motion",
    "zoom-blur": "Blur: zoom", "snow": "Weather: snow", "fog": "Weather: fog", "brightness": "Weather: bright light",
    "contrast": "Digital: low contrast", "elastic": "Digital: elastic bends", "pixelate": "Digital: coarse pixels",
    "jpeg": "Digital: JPEG", "speckle-noise": "More: speckle noise", "gaussian-blur": "More: Gaussian blur",
    "spatter": "More: drops and mud", "saturate": "More: saturation",
}  # fmt: skip
BLIND = (
    "**Proves nothing:** the gradient was zero at the first step, so this attack could not see which way to go. That"
    " the model says {answer} tells nothing about how robust it is; try Carlini & Wagner or Square, which go by other"
    " signs."
)
BLIND_CARD = "Proves nothing", "no gradient to follow"
MAP_CLEAN, MAP_ATTACKED, MAP_DIFFERENCE = "● Clean", "▲ Attacked", "Attacked − clean"
MAP_ASKED, MAP_RIVAL = WANTED, "the answer after the attack"
ROOTS = {1: "", 2: "square-root scale", 3: "cube-root scale", 4: "fourth-root scale"}
FLAT, FLAT_MAPS = "the same everywhere: no cell is strongest", ("Maps are flat", "they point nowhere")
SAVE, SAVE_MAP = "PNG", "{name}: download over the whole picture"
VIEW_COUNT = "Number of views"
VIEWS_CARD, VIEWS_STILL = {
    True: "{right:gives|give} the right class", False: "{right:gives|give} the clean answer",
    None: "{right:answers|answer} as the picture itself",
}, "still {said}"  # fmt: skip
VIEWS_LATER = "Which views drive the tuning, and which weigh in the answer, is known after the next step."

LOSS = "Entropy to lower"
LOSSES = {
    "pointwise": "of each view (R-TPT, A-TPT)",
    "marginal": "of their mean (TPT)",
    "dispersed": "of their mean, sentences apart (C-TPT)",
    "neighbour-agreement": "of each view, views agreeing (SS-TPT)",
}
TUNE_STEPS = "Steps"
TUNED_CARD = "{steps} {steps:step|steps}"
TUNING_LOSS, TUNING_LOSS_WHY = "Tuning loss", "Over the driving views, in nats"
LARGEST_MOVE = "Largest move of a class sentence (1 − cosine)"
REFERENCE_SHORT = {True: "★ true class", False: "☆ clean answer", None: "☆ answer without defence"}
MANY_WAITS = "Optional: try several at once."
STRANGE = (
    "**This model knows only its paintings.** By a measured score this picture is none of them: what it answers here"
    " means nothing, whether or not an attack or a defence changes it."
)
STRANGE_WAY = "The head of the page offers a CLIP for photographs."
STRANGE_CARD, STRANGE_ANSWER, STRANGE_VERDICT = (
    "Not one of its paintings",
    "its answer means nothing",
    "Means nothing here",
)
STRANGE_MARK = {True: "the same", False: "another"}  # by whether the answer is that of the clean picture, or asked for
MOVED_CARD = {True: "Another answer", False: "The same answer"}
POSTER_SAVE, POSTER_GONE = "Save poster ({kind})", "There is no poster yet: run the story first."
AS_ASKED = {  # then by whether the true class, or else the clean answer, is answered
    True: {True: "right", False: "wrong"}, False: {True: "as clean", False: "not as clean"},
    None: {True: "the same", False: "another"},
}  # fmt: skip
DEFENCES_CARD = "defences on this picture"
VERDICT_GOOD = {True: "Right answer", False: "Clean answer", None: "The same answer"}
VERDICT_BAD = {True: "Wrong answer", False: "Not the clean answer", None: "Another answer"}
REFERENCE, REFERENCE_WHY, UNTIMED = "No attack, no defence", "The reference", "not timed"
YOURS, YOURS_UNTUNED = "Your settings", "Your settings, before tuning"

MATHEMATICS = "Show me the mathematics"
TOUR = "Take the tour"
SKIP, BAR, TO_INPUTS = "Skip to the steps", "Actions", "To the picture and its classes"
PRESENT, LEAVE = "Present", "Leave (Esc)"
