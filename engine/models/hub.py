"""Files from the model hub, each download checked and reported; the only home of huggingface_hub."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import logging
from tqdm import tqdm

from ..errors import EngineError, require
from ..results import Download

CONFIG = "open_clip_config.json"
OTHER_CONFIG = "config.json"  # of transformers
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
ANSWERS_WITHIN = 2.5  # seconds until a hub that does not answer counts as out of reach
ABSENT = huggingface_hub._CACHED_NO_EXIST  # what the cache knows of a file that the repository lacks
HTTPError = errors.HfHubHTTPError.__bases__[0]  # of whichever HTTP library the hub's client is built on

Report = Callable[[Download], None]

# bytes; its own ten megabytes are too much between two reports, which may cancel
constants.DOWNLOAD_CHUNK_SIZE = 1 << 20  # type: ignore[bad-assignment]


class NotReached(EngineError):
    """The hub does not answer, or must not be asked."""


if "HF_HUB_VERBOSITY" not in os.environ:
    logging.set_verbosity_error()  # errors of this module say what a warning of the client would


def fetch_config(repo: str, report: Report | None = None) -> tuple[Path, dict] | None:
    """The folder of a model in open_clip's format, and what its configuration says; its weights may be missing yet.

    None for a model in the layout of transformers. What this machine has and what is up to date is not fetched again.
    Raises `EngineError` for a repository that is not there, not open or not a model.
    """
    path = fetch_file(repo, CONFIG, report)
    if path is None:
        other = _fetch(repo, OTHER_CONFIG, report)  # asked for every time: the repository may have changed
        require(
            other is not None,
            f"{repo} is on the hub, but not in open_clip's format: it has no {CONFIG}, and no {OTHER_CONFIG} of"
            " transformers either.",
        )
        return None
    described = json.loads(path.read_text(encoding="utf-8"))
    require("model_cfg" in described, f"{CONFIG} of {repo} describes no model of open_clip.")
    return path.parent, described["model_cfg"]


def fetch_file(repo: str, file: str, report: Report | None = None) -> Path | None:
    """A file of a repository, None where the version that this machine knows has no such file.

    Raises `EngineError` as `fetch_config` does, and for a file that does not arrive whole.
    """
    with _explained(repo, file):
        if huggingface_hub.try_to_load_from_cache(repo, file) is ABSENT:
            return None
    return _fetch(repo, file, report)


def cached_file(repo: str, file: str) -> Path | None:
    """A file of a repository where it is on this machine; asks nobody."""
    found = _cached(repo, file)
    return None if found is None else Path(found)


def fetch_weights(repo: str, file: str, report: Report | None = None) -> Path:
    """A weights file of a repository, in its safetensors form where it has one; an empty `file` is the usual one.

    Raises `EngineError` as `fetch_config` does, and for a file that is not there or does not arrive whole.
    """
    names = _forms(file)
    here = [name for name in names if _cached(repo, name)]
    found = (_fetch(repo, name, report) for name in here or dict.fromkeys(names))
    path = next((path for path in found if path is not None), None)
    if path is None:
        raise EngineError(f"{repo} is on the hub, but has none of the files {' and '.join(names)}.")
    return path


def has_model(repo: str) -> bool:
    """Whether a model in open_clip's format is on this machine as a whole."""
    return _cached(repo, CONFIG) is not None and has_weights(repo, "")


def has_weights(repo: str, file: str) -> bool:
    """Whether `fetch_weights` would find its file on this machine."""
    return any(_cached(repo, name) for name in _forms(file))


def _forms(file: str) -> tuple[str, ...]:
    """The names that a weights file may have, the safest first."""
    return (str(Path(file).with_suffix(".safetensors")), file) if file else WEIGHTS


def _cached(repo: str, file: str) -> str | None:
    found = huggingface_hub.try_to_load_from_cache(repo, file)
    return found if isinstance(found, str) else None


def _fetch(repo: str, file: str, report: Report | None) -> Path | None:
    """The file on this machine, or None where the repository has no such file."""
    with _explained(repo, file):
        before = _cached(repo, file)
        if before is None:
            _reach(repo, file)
        bar = None if report is None else _bar(file, report)
        try:
            path = huggingface_hub.hf_hub_download(repo, file, tqdm_class=bar)
        except HTTPError as error:
            if before is None or isinstance(error, errors.HfHubHTTPError):
                raise
            path = before  # the connection broke before anybody could say whether there is a newer one
        if path != before:
            _check(repo, Path(path))
        return Path(path)
    return None


def _reach(repo: str, file: str) -> None:
    """Raise `EngineError` where nobody can be reached; the client itself would try for half a minute and longer."""
    try:
        huggingface_hub.get_hf_file_metadata(huggingface_hub.hf_hub_url(repo, file), timeout=ANSWERS_WITHIN)
    except (errors.HfHubHTTPError, errors.OfflineModeIsEnabled):
        return  # somebody answered, or nobody may be asked: the download will tell
    except HTTPError as error:
        raise _unreachable(repo, error) from error


def _bar(file: str, report: Report) -> type[tqdm]:
    """What the hub's client takes for a progress bar: it draws nothing and tells `report`."""

    class Bar(tqdm):
        def __init__(self, *_: object, total: int | None = None, initial: int = 0, **__: object) -> None:
            super().__init__(total=total, initial=initial, disable=True)

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            report(Download(file, int(self.n), None if self.total is None else int(self.total)))

    return Bar


def _check(repo: str, path: Path) -> None:
    """Hold a fresh file against its hash, which the cache uses as its name: the hub's client compares sizes only."""
    blob = path.resolve()
    if len(blob.name) == 64:
        digest = hashlib.sha256()
    elif len(blob.name) == 40:
        digest = hashlib.sha1(b"blob %d\0" % blob.stat().st_size, usedforsecurity=False)  # as git names its blobs
    else:
        return  # a cache without links, which names files as the repository does
    with blob.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != blob.name:
        path.unlink()
        blob.unlink(missing_ok=True)
        raise EngineError(f"{path.name} of {repo} arrived damaged (its hash is wrong) and was thrown away; try again.")


@contextmanager
def _explained(repo: str, file: str) -> Generator[None]:
    """Turn what the hub's client raises into one sentence; a file that the repository lacks is no error."""
    try:
        yield
    except errors.GatedRepoError as error:
        raise EngineError(
            f"{repo} is gated: accept its terms at {constants.ENDPOINT}/{repo}, then log in with `hf auth login` or set"
            " HF_TOKEN."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise EngineError(
            f"The hub has no model {repo}, or it is private and asks for a login (`hf auth login` or HF_TOKEN)."
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable(repo, error.__cause__) from error
    except errors.EntryNotFoundError:
        return
    except errors.HFValidationError as error:
        raise EngineError(f"Expected hf-hub:ORG/NAME; “{repo}” cannot be the name of a model on the hub.") from error
    except errors.HfHubHTTPError as error:
        raise EngineError(f"The hub refused {file} of {repo}: it answered {error.response.status_code}.") from error
    except HTTPError as error:
        raise EngineError(
            f"The connection to the hub broke while {file} of {repo} came in ({type(error).__name__}); try again."
        ) from error
    except OSError as error:
        reason = " ".join(str(error).split())[:200]
        raise EngineError(f"{file} of {repo} could not be stored whole: {reason}") from error


def _unreachable(repo: str, cause: BaseException | None) -> NotReached:
    if isinstance(cause, errors.OfflineModeIsEnabled):
        why = f"{repo} is not on this machine, and HF_HUB_OFFLINE forbids to download it."
    elif isinstance(cause, errors.HfHubHTTPError):
        why = f"{repo} is not on this machine, and the hub answered {cause.response.status_code}; try again later."
    elif isinstance(cause, errors.FileMetadataError):
        why = f"{repo} is not on this machine, and {constants.ENDPOINT} does not answer as a model hub does."
    else:
        why = (
            f"{repo} is not on this machine and could not be downloaded: no connection to the model hub"
            f" ({constants.ENDPOINT})."
        )
    return NotReached(why)
