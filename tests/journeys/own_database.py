"""Settings of a second process that works on the test's own database."""

import os

from flowpilot.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["FLOWPILOT_TEST_DATABASE"]  # noqa: F405
# Nothing has been collected for a test.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
