"""Sessions that followed a flow: how they walked it, where they left it, and what that teaches it."""

from flowpilot.ai.offline.leaving.enhance import enhance
from flowpilot.ai.offline.leaving.paths import Leaving, Walk, walk

__all__ = ["Leaving", "Walk", "enhance", "walk"]
