"""Triage by rules: what an intake is about, in its own words and in no others."""

from flowpilot.ai.offline.intake.triage import triage

__all__ = ["triage"]
