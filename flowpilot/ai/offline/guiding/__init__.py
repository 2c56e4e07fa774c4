"""The next step of a session by rules: the flow that it follows, what helped before, or a playbook."""

from flowpilot.ai.offline.guiding.next_step import next_step, opening

__all__ = ["next_step", "opening"]
