"""What a visitor reads in step 7, where many pictures are asked about."""

NONE_BATCH = (
    "{count} of these answers {count:is|are} “none of these”: neither right nor wrong, so in no count of right ones."
)
STRANGE_BATCH = (
    "Of {count} of these pictures the model knows nothing: it knows only its paintings. What it answers to"
    " {count:it|them} means nothing and is in no count."
)
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
MEASURED_SHORT = {  # what a screen for an audience says of it
    "every-defence": "Right answers of the small built-in model, in percent of {pictures} paintings held out of"
    " training; beside each its 95 % interval. The last attack aims at View average, not at CLIP alone: that No defence"
    " loses less to it does not make it the weaker attack.",
}
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
