"""What a process loads before it does anything."""

import subprocess
import sys

LOADED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "flowpilot.settings"
import django
django.setup()
from flowpilot.core.serving import load
load()
print(sorted({
    "anthropic", "onnxruntime", "PIL", "requests",
    "flowpilot.ai.offline.single.mining", "flowpilot.ai.offline.many.mining",
    "flowpilot.ai.offline.leaving.enhance",
} & set(sys.modules)))
"""


def test_the_vendors_client_the_language_model_and_the_miner_are_loaded_when_they_are_needed() -> None:
    """Together they take seconds and hundreds of megabytes, and many a web process never asks either."""
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
