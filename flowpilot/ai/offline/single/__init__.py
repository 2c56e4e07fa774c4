"""Mining one session: reading its text or its steps into a flow."""

from flowpilot.ai.offline.single.mining import mine_one

__all__ = ["mine_one"]
