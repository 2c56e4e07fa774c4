"""The detectors of knowledge gaps: they read sessions and find; `analytics.actions.gaps` writes."""
