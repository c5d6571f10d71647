"""What the process asks of its host: quiet defaults, an accelerator on loan (both before torch loads), and memory."""

import ctypes
import os
import platform
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # a plain download can be cancelled
os.environ.setdefault("GRADIO_SSR_MODE", "False")
os.environ.setdefault("MPLBACKEND", "agg")  # or Gradio finds one out when a visitor first does something
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")  # or it sums up the last 10,000 after every single one
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(1 << 30))
PORT = os.environ.pop("GRADIO_SERVER_PORT", "")  # Gradio would end in a traceback where it is no number
if "OMP_WAIT_POLICY" not in os.environ:
    # Where threads that draw have helpers too, there are more than cores, and all sleep at once at every barrier, which
    # takes a tenth of a story; now they wait ten times longer, which is microseconds. Else 3 ms, as they do by default.
    os.environ["OMP_WAIT_POLICY"] = "active"
    os.environ.setdefault("GOMP_SPINCOUNT", "300000")

try:
    import spaces  # before torch, so that a lent accelerator can be prepared
except ImportError:
    spaces = None

TRUE = ("1", "t", "true")  # as `spaces` reads the variable
ARENAS = 1  # pools that glibc takes memory from; by default 8 for each core, and each keeps what it was once given
M_ARENA_MAX = -8  # its name in malloc.h
FOLDER = "GRADIO_TEMP_DIR"
STATM = Path("/proc/self/statm")  # proc(5)


def lend() -> Callable[[Callable, Callable], Callable] | None:
    """On a host that lends its accelerator by the call, what wraps the function that needs it, given that function and
    another that says how many seconds its arguments book; elsewhere, with `spaces` installed too, None.
    """
    if spaces is None or os.environ.get("SPACES_ZERO_GPU", "").lower() not in TRUE:
        return None
    borrow = spaces.GPU
    return lambda function, seconds: borrow(function, duration=seconds)


def one_arena() -> None:
    """Have all threads share one pool of memory: each would keep room for the largest step that it ever computed.

    Only glibc has them; elsewhere nothing is done.
    """
    if _has_glibc():
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


@contextmanager
def own_folder() -> Generator[None]:
    """A folder of this process alone for the files that Gradio keeps, where the operator names none.

    In a shared one it would delete, when it ends, what another process still shows: files are named by their content.
    """
    if FOLDER in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="atpt-explorer-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def give_back() -> None:
    """Give memory that nobody uses any more back to the system, which glibc does only at the end of each pool."""
    if _has_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def resident() -> int | None:
    """Bytes of memory that this process holds; None where the system does not tell."""
    try:
        pages = int(STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _has_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
