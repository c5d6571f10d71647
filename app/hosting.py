"""What has to happen before torch and Gradio load: quiet defaults, and the accelerator that a host may lend."""

import os
from collections.abc import Callable

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_SSR_MODE", "False")

try:
    import spaces  # before torch, so that a lent accelerator can be prepared
except ImportError:
    spaces = None

LENT_SECONDS = 60


def lend() -> Callable | None:
    """What wraps the computing function on a host that lends its accelerator by the call, else None."""
    return None if spaces is None else spaces.GPU(duration=LENT_SECONDS)
