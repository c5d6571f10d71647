"""Values that nobody should send, for arguments of every kind."""

from __future__ import annotations

import random
from typing import Any

NUMBERS = (
    float("nan"), float("inf"), float("-inf"), -1, 0, -0.0, 1e308, -1e308, 5e-324, 10**30, 10**400, -(2**63), 2**63,
    0.5, True,
)  # fmt: skip
TEXTS = (
    "", " ", "x" * 20_000, "\0", "a\0b", "\n", "\r\nSet-Cookie: a=b", "\u202egnp.exe", "\ud800", "Ⅷ²", "🦜🦜🦜",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**bold** [link](javascript:alert(1))",
    "${7*7}", "{{7*7}}", "{0.__class__}", "%s%n", "' OR 1=1 --", "$(touch /tmp/x)", "`id`", "NaN", "null", "-1",
    "../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "C:\\windows\\win.ini",
    "local-dir:/etc", "hf-hub:../x", "ViT-B-32//etc/passwd",
)  # fmt: skip
OTHERS = (None, [], {}, [[]], [None], [1, 2, 3], {"a": [1]}, [{"b": None}], [["x"] * 50] * 3)
PATHS = (
    "/etc/passwd",
    "",
    "\0",
    "../../etc/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "http://127.0.0.1:1/a.png",
    "x" * 5000,
)


def nasty(rng: random.Random) -> Any:
    """Any of them, or a list of some."""
    pool = rng.choice((NUMBERS, TEXTS, OTHERS))
    if rng.random() < 0.15:
        return [rng.choice(rng.choice((NUMBERS, TEXTS))) for _ in range(rng.choice((1, 2, 3, 300)))]
    return rng.choice(pool)


def nasty_file(rng: random.Random) -> Any:
    """What names a file without one, or one that is not the sender's."""
    marked = {"_type": "gradio.FileData"}
    return rng.choice((
        nasty(rng),
        {"path": rng.choice(PATHS), "meta": marked},
        {"path": rng.choice(PATHS)},
        {"path": None, "url": rng.choice(PATHS), "meta": marked},
        {"path": nasty(rng), "url": nasty(rng), "orig_name": nasty(rng), "size": nasty(rng), "meta": marked},
    ))  # fmt: skip
