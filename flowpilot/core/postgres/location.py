"""Where a cluster lies.

    <home>/postgres/            start.lock, users.lock, keeper.lock; made by whoever came first
    <home>/postgres/location    names the directory below when it lies elsewhere
    <place>/                    postgresql.conf, pg_hba.conf, pg_ident.conf (ours, rewritten at each start),
                                provisioned (process id of the server that has all it needs),
                                local.conf, pg_hba.local.conf (the operator's, read when there)
    <place>/data, log, run      the server's own, closed to everybody else

The place is <home>/postgres itself, unless we are root and the server's user cannot enter that.
"""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flowpilot.core.postgres.errors import ClusterError
from flowpilot.core.postgres.osuser import OsUser

STATE_DIRECTORY = Path("/var/lib/flowpilot")
# Names the socket file; nothing listens on a network port.
PORT = 5432
# sun_path holds 108 bytes on Linux, 104 on macOS.
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class Place:
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def name(self) -> str:
        """Short and unique on this machine: in the title of every process of this server."""
        return f"flowpilot-{hashlib.sha256(bytes(self.data)).hexdigest()[:8]}"

    @property
    def sockets(self) -> Path:
        inside = self.root / "run"
        fits = len(os.fsencode(inside / f".s.PGSQL.{PORT}")) < LONGEST_SOCKET_PATH
        return inside if fits else Path("/tmp") / self.name  # noqa: S108 — verified in open_sockets

    def data_major(self) -> int | None:
        """The PostgreSQL version that wrote the data; None when there are none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None


def base_of(home: Path) -> Path:
    return home / "postgres"


def known_place(home: Path) -> Place:
    """Where the cluster of `home` lies, or would by default."""
    pointer = base_of(home) / "location"
    if not pointer.exists():
        return Place(base_of(home))
    place = Place(Path(pointer.read_text().strip()))
    if not place.root.is_dir():
        raise ClusterError(
            f"{pointer} says that the data lie in {place.root}, which is not there: bring that directory "
            f"back, or remove {pointer} to begin with an empty database."
        )
    return place


def place_for(home: Path, user: OsUser) -> Place:
    """The known place, or for a new cluster one that `user` can enter. Call it under the start lock."""
    place = known_place(home)
    base = base_of(home)
    if place.root != base or place.data.exists() or user.uid == os.geteuid():
        return place
    base.chmod(0o755)  # ours; a strict umask may have closed it
    if user.can_enter(base):
        return place
    root = Path(tempfile.mkdtemp(prefix="cluster-", dir=public_directory(STATE_DIRECTORY)))
    root.chmod(0o755)
    (root / "home").write_text(f"{home}\n")
    (base / "location").write_text(f"{root}\n")
    return Place(root)


def public_directory(path: Path) -> Path:
    """A directory of our own that every user may enter."""
    path.mkdir(parents=True, exist_ok=True)
    for level in (path, *path.parents):
        if level == STATE_DIRECTORY or STATE_DIRECTORY in level.parents:
            level.chmod(0o755)
    return path


def open_sockets(place: Place, user: OsUser) -> Path:
    """Make the socket directory; refuse one under /tmp that somebody else has put there first."""
    sockets = place.sockets
    try:
        sockets.mkdir(mode=0o700)
        user.give_directory(sockets)
    except FileExistsError:
        pass
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid or found.st_mode & 0o077:
        raise ClusterError(
            f"{sockets} should be a directory of the user {user.name!r}, closed to others, and is not: "
            "remove it."
        )
    return sockets
