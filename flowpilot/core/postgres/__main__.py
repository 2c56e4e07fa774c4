"""`python -m flowpilot.core.postgres HOME` is the keeper's process."""

import sys
from pathlib import Path

from flowpilot.core.postgres.keeper import keep

keep(Path(sys.argv[1]))
