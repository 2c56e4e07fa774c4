"""A cluster for tests: fast, unsafe against power cuts, gone with the process that asked for it."""

import tempfile
from pathlib import Path

from flowpilot.core.postgres.cluster import cluster_for
from flowpilot.core.postgres.keeper import THROWAWAY_MARK
from flowpilot.core.postgres.location import base_of


def throwaway_home() -> Path:
    """A new FLOWPILOT_HOME whose cluster and files vanish when this process (and any that it lets use the
    cluster) has ended, be it by Ctrl-C or SIGKILL. The server itself starts on first need."""
    home = Path(tempfile.mkdtemp(prefix="flowpilot-test-")).resolve()
    home.chmod(0o711)  # as root, the server's user must get through
    cluster = cluster_for(home)
    base_of(home).mkdir()
    (base_of(home) / THROWAWAY_MARK).touch()
    cluster.join()
    return home
