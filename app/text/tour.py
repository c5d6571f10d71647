"""The guided tour, page by page: which step it opens, what it points at, sets and presses, and what it says.

Its words hold on a wide screen and on a phone: they name what they mean, not the side where it stands.
"""

NAME, BACK, CLOSE = "Tour", "Back", "Skip"
PAGES = (
    {
        "step": 1,
        "at": "#picture-bars",
        "title": "A model that reads pictures",
        "text": "The model compares the picture with one sentence per class; the bars tell how it divides 100 % among"
        " them. Which model answers stands in the head of the page. One comes with it, the small Field Guide, which has"
        " never seen a photograph: it knows a painted world, and many of its sentences differ in a single word.",
        "next": "Fool it",
    },
    {
        "step": 2,
        "at": "#panel-2",
        "set": [["#eps", 4]],
        "press": "#attack",
        "title": "A change hardly anyone sees",
        "text": "The attack may move every colour value by at most 4 of 255 levels. Drag the line across the picture:"
        " can you see what changed? The curve “Shares” tells how it went: as a rule the share of the first answer falls"
        " within a few iterations and a wrong class takes over.",
        "next": "Even less",
    },
    {
        "step": 2,
        "at": "#attack-verdict",
        "set": [["#eps", 1]],
        "press": "#attack",
        "title": "A single level",
        "text": "Now the limit is 1 of 255, the smallest change a picture file can hold. See whether that is already"
        " enough for this picture, then we go back to 4.",
        "next": "Where does it look?",
    },
    {
        "step": 3,
        "at": "#maps",
        "set": [["#eps", 4]],
        "press": "#look",
        "title": "Where the evidence lies",
        "text": "Bright cells speak for the class: first on the clean picture (●), then on the attacked one (▲); the"
        " third map tells what changed. The table “Did the attack move the map?” asks the fair question: does harmless"
        " noise of the same size move it as much?",
        "next": "Many views",
    },
    {
        "step": 4,
        "at": "#view-grid",
        "press": "#make-views",
        "title": "Look at it in pieces",
        "text": "The perturbation was made for the whole picture. Cut it into pieces, alter them a little, and often"
        " many of the pieces are answered as before: the first number tells how many. A-TPT alters much where the map"
        " is dark and little where it is bright.",
        "next": "Tune the prompt",
    },
    {
        "step": 5,
        "at": "#tune-head",
        "press": "#tune-run",
        "title": "Only the words move",
        "text": "The surest views vote on a small change of the words before the class name. Not the words you read"
        " but the vectors behind them are moved, once, so that these views become surer. The model itself stays as it"
        " is.",
        "next": "The verdict",
    },
    {
        "step": 6,
        "at": "#verdict-table",
        "press": "#compare",
        "title": "Who gets it right?",
        "text": "Every method answers for this one attacked picture. The plain average of the views often does as well"
        " as the cleverer ones; the table tells. The attack knew of no defence: press “Attack through A-TPT”"
        " in step 2 to meet one that does.",
        "next": "One more thing",
    },
    {
        "step": 7,
        "at": "#batch-run",
        "title": "One picture proves nothing",
        "text": "Try several pictures and read the interval under each count. Then paint a specimen of your own, or"
        " upload a picture and write your own class names. “Pin” keeps what you see beside what you try next."
        " “Link” and “Download” take along all that you found.",
        "next": "Done",
    },
)
