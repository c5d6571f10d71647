"""What a visitor reads where what was pinned stands beside what is there now."""

PIN, UNPIN, SWAP = "Pin", "Unpin", "Swap"
PINNED = "Pinned. Now change anything."
PINNED_LAST = "Pinned: what you looked at last, as there are no results yet with the settings as they stand."
UNPINNED, SWAPPED = "Unpinned.", "Swapped: the page and the pin have changed places."
NOTHING_TO_PIN = "There is nothing to compare yet: run the attack or the whole story first, then pin it."
PIN_SAME = "Pinned: what is on the page. Change anything, picture and model too, and every step shows both."
PIN_DIFFERS = "Compared with what you pinned: {settings}."
PIN_AWAY = "The model {name} has made room for another; “Swap” loads it again."

COMPARE_SAME_MAP, COMPARE_SAME_ANSWER = "The same map in both.", "the same in both"
COMPARE_PICTURES, COMPARE_CHANGES = "What the model sees", "What the attack changed"
COMPARE_GAIN = "amplified {gain} times"
COMPARE_MAP = "evidence for {subject}"
COMPARE_TITLE, COMPARE_PINNED, COMPARE_NOW, COMPARE_BOTH = "Pinned and now", "Pinned", "Now", "Pinned and now"
COMPARE_SAME = "The same in both: what differs does not reach this step."
COMPARE_UNMOVED = "Nothing has changed since you pinned."
COMPARE_NOT_YET = "Not computed yet with the settings as they stand; press the button of this step."
COMPARE_NO_ANSWER = "The picture has no answer yet."
COMPARE_LOST = "Nothing is held of this step. Press “Swap” to go back to it and compute it."
COMPARE_AWAY = "Its model has made room for another. Press “Swap” to go back to it."
COMPARE_NEVER = "This step was not run before pinning. Press “Swap” to go back and run it."
COMPARE_OTHER_CLASSES = "The class names differ: each side has its own list, and shares of two lists do not compare."
COMPARE_TWO_LISTS = "The class names differ: shares of two lists do not compare."
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
AS_IT_CAME = "The picture as it came"
