"""The embedded PostgreSQL of one FLOWPILOT_HOME, as the rest of the project sees it."""

import atexit
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from flowpilot.core.postgres import keeper, postmaster
from flowpilot.core.postgres.configuration import DATABASE, OWNER_ROLE
from flowpilot.core.postgres.errors import ClusterError
from flowpilot.core.postgres.flock import Users, exclusive
from flowpilot.core.postgres.location import base_of, known_place, place_for
from flowpilot.core.postgres.osuser import OsUser, by_id, is_root, service_user
from flowpilot.core.postgres.server import Server


@dataclass(frozen=True)
class ConnectionInfo:
    socket_dir: str
    port: int
    user: str
    dbname: str


class Cluster:
    """Started by whoever needs it first, stopped by whoever ends last.

    Safe to use from several threads and processes at once. Get one by `cluster_for`.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._users = Users(base_of(home) / "users.lock")
        self._server: Server | None = None

    def join(self) -> None:
        """Keep the server, once it runs, until this process ends or calls `release`."""
        self._make_base()
        if self._users.join():
            atexit.register(self.release)

    def ensure_running(self) -> ConnectionInfo:
        """Start the server when it does not run: a second or two the first time, then tenths.
        When it runs this costs a fraction of a millisecond. Raises ClusterError."""
        with self._guard:
            if self._server is None or not self._server.is_ready():
                self._server = self._start()
            place = self._server.place
            return ConnectionInfo(str(place.sockets), postmaster.port(place.data), OWNER_ROLE, DATABASE)

    def release(self) -> None:
        """Stop using the cluster; nobody left means that the server is stopped now."""
        # A forked child inherits the exit handlers, but not the say.
        if self._process != os.getpid():
            return
        atexit.unregister(self.release)
        with self._guard:
            self._server = None
            if self._users.only_me():
                keeper.shut_down(self.home)
            self._users.leave()

    def stop(self) -> None:
        """Stop the server whoever uses it; the next one to connect starts it again."""
        with self._guard:
            postmaster.stop(known_place(self.home).data)

    def _start(self) -> Server:
        self.join()
        with exclusive(base_of(self.home) / "start.lock"):
            user = self._server_user()
            server = Server(place_for(self.home, user), user, throwaway=keeper.is_throwaway(self.home))
            if not server.is_provisioned():
                server.start()
        keeper.ensure(self.home)
        return server

    def _make_base(self) -> None:
        try:
            base_of(self.home).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ClusterError(
                f"{base_of(self.home)} cannot be made ({error.strerror}): set FLOWPILOT_HOME to a directory "
                "that you may write to."
            ) from None

    def _server_user(self) -> OsUser:
        """Whoever owns the data; for new data ourselves, or the service user when we are root."""
        data = known_place(self.home).data
        owner = by_id(data.stat().st_uid) if data.exists() else None
        if is_root():
            user = owner or service_user()
            if owner and not user.can_enter(data):
                raise ClusterError(
                    f"The data in {data} belong to the user {user.name!r}, who can no longer enter that "
                    "directory: move it where that user can, or open the way to it."
                )
            return user
        me = by_id(os.geteuid())
        if owner and owner != me:
            raise ClusterError(
                f"The data in {data} belong to the user {owner.name!r}: run as that user or as root, or set "
                "FLOWPILOT_HOME to a directory of your own."
            )
        return me

    def forget(self) -> None:
        """In a forked child: this object is the parent's, and so are its place and its say."""
        self._users.leave()


_clusters: dict[Path, Cluster] = {}


def cluster_for(home: Path) -> Cluster:
    """The one Cluster of this process for `home` (absolute)."""
    return _clusters.setdefault(home, Cluster(home))


def _begin_anew_in_child() -> None:
    """A forked child that needs the database becomes a user of its own, and may outlive its parent."""
    for cluster in _clusters.values():
        cluster.forget()
    _clusters.clear()


os.register_at_fork(after_in_child=_begin_anew_in_child)
