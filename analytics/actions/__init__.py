"""Verbs of analytics: the only place that writes its tables."""
