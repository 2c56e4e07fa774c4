"""Several sessions of one problem → one flow: steps merged by meaning, causes split by questions."""

from flowpilot.ai.offline.many.mining import mine_many, read_cases

__all__ = ["mine_many", "read_cases"]
