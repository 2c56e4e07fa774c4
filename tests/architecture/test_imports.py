"""What a process loads before it does anything."""

import subprocess
import sys

LOADED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "flowpilot.settings"
import django
django.setup()
import flowpilot.urls
print(sorted({"anthropic", "onnxruntime", "PIL"} & set(sys.modules)))
"""


def test_the_vendors_client_and_the_language_model_are_loaded_when_they_are_needed() -> None:
    """Together they take seconds and hundreds of megabytes, and many a process never asks either."""
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
