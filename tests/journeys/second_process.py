"""Commands in a process of their own, on the database that the test sees."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """Start `manage.py` with these arguments; the caller waits for it or kills it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **on_this_database(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on_this_database() -> dict[str, str]:
    """What such a process needs in its environment."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.journeys.own_database",
        "FLOWPILOT_TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> bool:
    """Wait until it is true or the process has ended; False when neither comes in time."""
    end = monotonic() + PATIENCE_SECONDS
    while monotonic() < end:
        if condition() or process.poll() is not None:
            return True
        sleep(0.02)
    return False
