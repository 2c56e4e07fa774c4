"""Operating-system users: who runs the database server, and running a program as that user."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flowpilot.core.postgres.errors import ClusterError

SERVICE_USER = "flowpilot"
# Nothing of our own environment (keys, DATABASE_URL) belongs into the server's.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class OsUser:
    name: str
    uid: int
    gid: int

    def run(self, command: Sequence[str | Path], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `command` to its end as this user, in `/`, with a bare environment. Raises OSError when it
        cannot be executed, which includes a path that this user may not traverse."""
        other = self.uid != os.geteuid()
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if other else {}
        return subprocess.run(  # noqa: S603
            [str(part) for part in command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            **identity,  # type: ignore[call-overload]
        )

    def can_enter(self, directory: Path) -> bool:
        return self.run(["test", "-x", directory]).returncode == 0

    def give_directory(self, directory: Path) -> None:
        """Make `directory` (ours, new or old) this user's own and closed to others."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.uid != os.geteuid():
            os.chown(directory, self.uid, self.gid, follow_symlinks=False)


def is_root() -> bool:
    return os.geteuid() == 0


def by_id(uid: int) -> OsUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ClusterError(
            f"The user id {uid} has no entry in /etc/passwd, which the embedded PostgreSQL needs to know who "
            "connects: add one, or set DATABASE_URL to a PostgreSQL of your own."
        ) from None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def service_user() -> OsUser:
    """The system user that runs the server when we are root (PostgreSQL refuses root); made when missing."""
    problem = ""
    # A second process may be making the same user: whoever comes second finds it on the next round.
    for _attempt in range(3):
        try:
            entry = pwd.getpwnam(SERVICE_USER)
        except KeyError:
            problem = _add_service_user()
        else:
            return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ClusterError(
        f"The system user {SERVICE_USER!r} that should run PostgreSQL could not be made ({problem}): "
        "make it by hand, run as an ordinary user, or set DATABASE_URL."
    )


def _add_service_user() -> str:
    """Returns what went wrong, if anything."""
    nowhere = ["--home-dir", "/nonexistent", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")) is None:
        return "there is no useradd"
    done = by_id(0).run([useradd, "--system", "--user-group", *nowhere, SERVICE_USER])
    return done.stderr.strip()
