"""Settings of a second process that works on the test's own database."""

import os

from flowpilot.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["FLOWPILOT_TEST_DATABASE"]  # noqa: F405
