"""Before anything else: the tests get a database cluster of their own, gone when they end.

DJANGO_SETTINGS_MODULE is set here and not in pyproject.toml, because pytest-django would read the settings
from there before this file runs.
"""

import os

from flowpilot.core.postgres import throwaway_home

# The workers of pytest-xdist inherit the controller's cluster.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["FLOWPILOT_HOME"] = str(throwaway_home())
    os.environ["DATABASE_URL"] = ""  # not unset: a developer's .env would set it again
os.environ["DJANGO_SETTINGS_MODULE"] = "flowpilot.settings"
