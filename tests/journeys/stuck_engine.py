"""Settings of a second process whose engine gets stuck on some sessions and whose jobs may take 6 seconds:
for the sessions on which it does not, that is enough on a busy machine as well."""

from tests.journeys.own_database import *  # noqa: F403

INSTALLED_APPS += ["tests.journeys.stuck.Stuck"]  # noqa: F405
Q_CLUSTER = {**Q_CLUSTER, "timeout": 6, "retry": 60}  # noqa: F405
