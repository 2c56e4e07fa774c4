"""Settings of a second process whose engine gets stuck on some sessions and whose jobs may take 2 seconds."""

from tests.journeys.own_database import *  # noqa: F403

INSTALLED_APPS += ["tests.journeys.stuck.Stuck"]  # noqa: F405
Q_CLUSTER = {**Q_CLUSTER, "timeout": 2, "retry": 60}  # noqa: F405
