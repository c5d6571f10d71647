"""What a visitor reads where the pictures of a story are placed on one plane."""

ASK = "The clean and the attacked picture and every view on one plane: what brings the answer back, the new prompt or"
ASK += " the many views?"
RUN = "Show where they went"
EMPTY = "Press **Show where they went** to see all pictures of this story as points."
TITLE = "Where the pictures went"
HINT = "each point is a picture, placed by how three sentences fit it"

LEGEND = {
    "clean": "clean picture",
    "noise": "as much random noise",
    "attacked": "attacked picture, with its path",
    "tuned": "the same under the tuned prompt",
    "view": "a view; larger: weighs more",
    "answer": "answer of the weighted views",
    "before": "the same before tuning",
}
CALLED = {
    "clean": "clean",
    "noise": "noise",
    "attacked": "attacked",
    "tuned": "tuned",
    "answer": "weighted views",
}
REGION = {True: "★ true class", False: "☆ clean answer", None: "☆ first answer"}
REGION_ATTACK = "attack: “{words}”"
REGION_OTHER = "“{words}”"
VIEW_POINT = "View {view}: {name} {share}, weight {weight}"
VIEW_FOURTH = ", which is none of the three"

NULL, NULL_CALLED, NULL_LEAD = "null arm: {what}", "null arm", "Null arm"
FILLED = {
    True: "A filled dot is a view that is answered with the true class under the tuned prompt.",
    False: "A filled dot is a view that is answered as the clean picture was, under the tuned prompt.",
    None: "",
}
LEADS = "By how much the {first} leads “{words}”, in logits"
CLASS = {True: "true class", False: "clean answer", None: "first answer"}
LEAD_OF = {
    "clean": ("Clean", "The picture before the attack"),
    "noise": ("Same-sized noise", "Random signs as large as the attack's change: what mere noise does"),
    "attacked": ("Attacked", "The attacked picture in 8 bits, under the prompt as it was written"),
    "tuned": ("Tuned prompt alone", "The attacked picture under the tuned prompt"),
    "before": ("Weighted views, untuned", "The same views and weights under the prompt as it was written"),
    "answer": ("Weighted views, tuned", "The answer that your settings give"),
}
FOUND = (
    "The attack took {lost} from this lead. The tuned prompt alone {tuned}, the weighted views before tuning {before},"
    " both together {answer}."
)
GAVE, TOOK = "gave back {size} ({share})", "took another {size} ({share})"
GAINED = "The attack took nothing from this lead."
FOUND_UNKNOWN = (
    "Against the attacked picture, the tuned prompt alone moves this lead by {tuned}, the weighted views before tuning"
    " by {before}, both together by {answer}."
)
VIEW = "View {view}"
VIEW_SAID = (
    "({share}) under the tuned prompt; before tuning {before}. It weighs {weight} in the answer;"
    " all alike would be {even}."
)
BEFORE = "“{name}” ({share})"
VIEW_DRIVES = " It drives the tuning."
VIEW_PRESS = "Press a point to see its view; step 4 shows how it was made."
ALT = "View {view}"
CAPTION = (
    ("What you see", "three regions, one for each of three sentences: in whose region a point lies, that sentence fits"
     " the picture best of the three. Dots are the views of the attacked picture; small ones weigh little."),
    ("How", "the plane through the three sentences in the joint space of pictures and words (their two principal"
     " components), turned so that the upright line is where the attacked class and the attack's answer tie (where no"
     " answer was turned, the next class in question). Each picture stands where its shadow falls, which its logits for"
     " the three tell exactly."),
    ("It does not show", "what is perpendicular to this plane: all other classes, and how alike two pictures are."
     " Points of answers that are none of the three are square."),
)  # fmt: skip
ALT_FIGURE = "Places of the clean and the attacked picture, {views} views and the answer; leads in logits: {leads}"
