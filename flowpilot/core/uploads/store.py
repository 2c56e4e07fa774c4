"""Contents of files, by account, under names that are drawn by lot: `uploads/<account>/<two signs>/<name>`.

They lie outside of everything that is served; only a view that has found the row for its reader reads them.
A content is written before its row and removed after it, so what remains of a failure is a file that no row
names. `sweep` removes those.
"""

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from time import time
from uuid import UUID

from django.conf import settings

GRACE_SECONDS = 3600
"""Age from which a file that no row names is taken for left over: its row may be written a moment later."""
_NAME = re.compile("[0-9a-f]{32}")


class NotThere(Exception):
    """The content of a row is gone from the disk."""


def keep(account_id: UUID, content: bytes) -> str:
    """Write a content in one piece; returns its name."""
    name = secrets.token_hex(16)
    path = _path(account_id, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="unfinished.") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        path.hardlink_to(file.name)
    return name


def read(account_id: UUID, name: str) -> bytes:
    try:
        return _path(account_id, name).read_bytes()
    except OSError:
        raise NotThere(name) from None


def remove(account_id: UUID, name: str) -> None:
    _path(account_id, name).unlink(missing_ok=True)


def accounts() -> Iterator[UUID]:
    """Those that have files."""
    with contextlib.suppress(FileNotFoundError):
        for folder in sorted(settings.UPLOADS.iterdir()):
            with contextlib.suppress(ValueError):
                yield UUID(folder.name)


def sweep(account_id: UUID, known: Callable[[Collection[str]], Collection[str]]) -> int:
    """Remove an account's files that no row names; returns how many. `known`: of some names, those with a
    row."""
    removed = 0
    for folder in sorted(_folder(account_id).glob("??")):
        old = [path for path in folder.iterdir() if _is_old(path)]
        named = known([path.name for path in old])
        for path in old:
            if path.name not in named:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def forget(account_id: UUID) -> None:
    """Remove all files of an account that is gone."""
    shutil.rmtree(_folder(account_id), ignore_errors=True)


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time() - GRACE_SECONDS
    except FileNotFoundError:
        return False


def _path(account_id: UUID, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise NotThere(name)
    return _folder(account_id) / name[:2] / name


def _folder(account_id: UUID) -> Path:
    folder: Path = settings.UPLOADS / str(account_id)
    return folder
