"""The embedded PostgreSQL on a file system that is full. Needs root, to mount one."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.postgres_home import new_home, run

SIZE = "80m"
TOO_MUCH = 50_000_000


@pytest.fixture
def small_home() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    with tempfile.TemporaryDirectory(prefix="fp-") as name:
        Path(name).chmod(0o711)  # the server's user must get through
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "none", name]
        if subprocess.run(mounting, capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")
        try:
            with new_home(under=Path(name)) as home:
                yield home
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def test_cluster_that_found_no_room_says_so_and_is_created_when_there_is_some(small_home: Path) -> None:
    ballast = small_home / "ballast"
    ballast.write_bytes(bytes(TOO_MUCH))
    refused = run(small_home)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("refused: PostgreSQL's initdb failed on ")
    assert "No space left on device" in refused.stderr

    ballast.unlink()
    assert run(small_home).returncode == 0
