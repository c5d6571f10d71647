"""What a visitor reads where the picture is attacked (step 2)."""

ADAPTIVE_IS = (
    "“Attack through A-TPT” tries to fool the defence too: it is PGD within {limit}, and goes through the defence's"
    " views, tuning and weights at every iteration{cost}."
)
ADAPTIVE_TIMES = ", for some {times} times the computing of {attack} as set"
ADAPTIVE_INSTEAD = " It takes the place of “{attack}”, which goes through no defence."
