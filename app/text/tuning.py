"""What a visitor reads in step 5."""

STEPS_MOST = "Expected at most {most} tuning steps; that many are taken."
LEARNING_RATE = "Learning rate"
KEEP = "Surest views, share"
NO_LOSS = (
    "The share is less than one view, so no view is kept, as the official codes count: there is no loss, and only"
    " weight decay moves the prompt."
)
STEP, BACK, RUN, RESET = "One step", "Back", "All steps", "Reset"
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
TUNING_LOSS_IS = "entropy {loss}"
SHARES_ALONE = "Shares for the attacked picture itself"
LARGEST_MOVE_WHY = "Between its text features before and after"
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
